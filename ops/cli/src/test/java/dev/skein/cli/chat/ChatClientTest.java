package dev.skein.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.skein.cli.CommandFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChatClientTest {
  private HttpServer server;
  private String url;
  private String asked = "";

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
    server.start();
    url = "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void showsTheAnswerPieceByPieceAndSendsOnlyWhatIsNew() {
    answer(
        200,
        """
        data: {"choices":[{"delta":{"role":"assistant"}}]}

        : keep-alive

        data: {"choices":[{"delta":{"content":"Good "}}]}

        data: {"choices":[{"delta":{"content":"day"}}]}

        data: [DONE]

        """);
    assertThat(say()).isEqualTo("Good |day|");
    assertThat(asked)
        .contains("\"session\":\"s\"")
        .contains("\"content\":\"Hello\"")
        .contains("\"stream\":true");
  }

  @Test
  void repeatsTheRoutersOwnSentence() {
    answer(404, "{\"error\":{\"message\":\"There is no model x.\"}}");
    assertThatThrownBy(this::say)
        .isInstanceOf(CommandFailure.class)
        .hasMessage("There is no model x.");
    server.removeContext("/v1/chat/completions");
    answer(200, "data: {\"error\":{\"message\":\"The owner is away.\"}}\n\n");
    assertThatThrownBy(this::say).hasMessage("The owner is away.");
  }

  @Test
  void noticesAnAnswerThatBreaksOff() {
    answer(200, "data: {\"choices\":[{\"delta\":{\"content\":\"Good \"}}]}\n\n");
    assertThatThrownBy(this::say).hasMessageContaining("before it was complete");
  }

  private String say() {
    StringBuilder shown = new StringBuilder();
    try (ChatClient client = new ChatClient(url + "/", "s")) {
      client.say("m", "Hello", 10, piece -> shown.append(piece).append('|'));
    }
    return shown.toString();
  }

  private void answer(int status, String body) {
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          try (exchange) {
            asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
  }
}
