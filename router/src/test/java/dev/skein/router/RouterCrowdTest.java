package dev.skein.router;

import static dev.skein.router.RouterRig.cancelOf;
import static dev.skein.router.RouterRig.json;
import static dev.skein.router.RouterRig.readUntil;
import static dev.skein.router.RouterRig.text;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * As many clients as one router is made for, on a heap of a gigabyte: idle streams, streams that
 * flow, clients that do not read, and clients that never come to the point.
 */
@Tag("full")
@ExtendWith(RouterRig.class)
class RouterCrowdTest {
  private static final int IDLE = 2_000;
  private static final int ACTIVE = 256;
  private static final int SLOW = 8;
  private static final int DRIBBLING = 200;
  private static final int TOKENS = 80;
  private static final int FLOOD = 10_000;
  private static final long SLOW_BYTES_MAX = 100L << 20;

  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void hangUp() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void aCrowdIsServedWithinAGigabyte() throws Exception {
    try (RouterProcess router = RouterProcess.start(RouterRig.broker(), "1g");
        HttpClient http = HttpClient.newHttpClient()) {
      for (int i = 0; i < IDLE; i++) {
        ask(open(router), "{'prompt':'hang 1','stream':true}");
      }
      for (Socket idle : sockets) {
        readUntil(idle, "\" 0\"");
      }
      List<CompletableFuture<HttpResponse<String>>> active = new ArrayList<>();
      for (int i = 0; i < ACTIVE; i++) {
        active.add(http.sendAsync(streaming(router), BodyHandlers.ofString()));
      }
      List<Socket> dribbling = new ArrayList<>();
      for (int i = 0; i < DRIBBLING; i++) {
        dribbling.add(open(router));
      }
      long before = router.heapUsed();
      for (int i = 0; i < SLOW; i++) {
        ask(
            open(router),
            "{'prompt':'flood " + FLOOD + "','stream':true,'request_id':'crowd-" + i + "'}");
      }
      for (int i = 0; i < SLOW; i++) {
        cancelOf("crowd-" + i);
      }
      long after = router.heapUsed();
      assertThat(after - before)
          .as("bytes of %d clients that do not read", SLOW)
          .isLessThan(SLOW_BYTES_MAX);
      String expected =
          IntStream.range(0, TOKENS).mapToObj(i -> " " + i).collect(Collectors.joining());
      for (CompletableFuture<HttpResponse<String>> answer : active) {
        String stream = answer.get(60, SECONDS).body();
        assertThat(text(stream, "/choices/0/text")).isEqualTo(expected);
        assertThat(stream).endsWith("data: [DONE]\n\n");
      }
      await().atMost(60, SECONDS).until(() -> dribbling.stream().allMatch(RouterCrowdTest::isShut));
      for (Socket idle : sockets.subList(0, IDLE)) {
        readUntil(idle, ": keep-alive");
      }
      assertThat(router.isAlive()).isTrue();
      System.out.printf(
          "live heap of a router with %,d idle and %d active streams: %d MB, with %d that do not read"
              + " besides: %d MB%n",
          IDLE, ACTIVE, before >> 20, SLOW, after >> 20);
    }
  }

  private Socket open(RouterProcess router) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    socket.setSoTimeout(60_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), router.port()), 60_000);
    sockets.add(socket);
    return socket;
  }

  private static void ask(Socket socket, String body) throws IOException {
    byte[] bytes = json(body).getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + bytes.length
            + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  private static HttpRequest streaming(RouterProcess router) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + router.port() + "/v1/completions"))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(json("{'prompt':'pace " + TOKENS + "','stream':true}")))
        .build();
  }

  /** Sends one more byte of a head that never ends; whether the connection is shut. */
  private static boolean isShut(Socket socket) {
    try {
      socket.setSoTimeout(1);
      socket.getOutputStream().write('x');
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
