package dev.skein.router;

import static dev.skein.router.RouterRig.CLIENT;
import static dev.skein.router.RouterRig.document;
import static dev.skein.router.RouterRig.router;
import static dev.skein.router.RouterRig.uri;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Whatever is sent gets an answer in time, never one that blames the router, and always one that
 * the API's document describes.
 */
@ExtendWith(RouterRig.class)
class RouterFuzzTest {
  private static final int AT_ONCE = 128;

  private record Sent(
      HttpRequest request, String what, CompletableFuture<HttpResponse<String>> answer) {}

  @Test
  void aFewRequestsOfEveryKind() throws Exception {
    run(1, 600);
  }

  @Test
  @Tag("full")
  void twentyThousandRequests() throws Exception {
    run(2, 20_000);
  }

  private static void run(long seed, int requests) throws Exception {
    Deque<Sent> under = new ArrayDeque<>();
    for (int i = 0; i < requests; i++) {
      ArbitraryCall call = new ArbitraryCall(seed * 1_000_003 + i);
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri(router(), call.path()))
              .timeout(Duration.ofSeconds(60))
              .method(call.method(), BodyPublishers.ofByteArray(call.body()));
      call.headers().forEach(request::header);
      HttpRequest built = request.build();
      under.add(
          new Sent(
              built,
              "seed " + seed + ", request " + i + ": " + call,
              CLIENT.sendAsync(built, BodyHandlers.ofString())));
      if (under.size() == AT_ONCE) {
        check(under.remove());
      }
    }
    for (Sent sent : List.copyOf(under)) {
      check(sent);
    }
    await().atMost(30, SECONDS).until(() -> RouterRig.running() == 0);
  }

  private static void check(Sent sent) throws Exception {
    HttpResponse<String> answer;
    try {
      answer = sent.answer().get(90, SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("no answer to " + sent.what(), e);
    }
    assertThat(answer.statusCode()).as(sent.what() + " → " + answer.body()).isLessThan(500);
    document().check(answer, sent.what());
  }
}
