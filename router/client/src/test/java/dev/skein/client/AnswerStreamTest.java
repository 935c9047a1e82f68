package dev.skein.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stream against a router that says what it is told to, and breaks off where it is told to. */
class AnswerStreamTest {
  private static final String GOOD =
      """
      data: {"choices":[{"delta":{"role":"assistant"}}]}

      : keep-alive

      id: 0.0.0.5
      data: {"choices":[{"delta":{"content":"Good "}}]}

      """;
  private static final String DAY =
      """
      id: 0.0.1.6
      data: {"choices":[{"delta":{"content":"day"},"finish_reason":"stop"}]}

      data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}

      data: [DONE]

      """;

  private final Deque<String> answers = new ConcurrentLinkedDeque<>();
  private final List<String> resumed = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final List<String> bodies = new ArrayList<>();
  private HttpServer server;
  private SkeinClient skein;
  private int status = 200;

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
    server.createContext("/v1/chat/completions", this::answer);
    server.start();
    skein = SkeinClient.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"));
  }

  @AfterEach
  void stop() {
    skein.close();
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      names.add(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
      resumed.add(String.valueOf(exchange.getRequestHeaders().getFirst("Last-Event-ID")));
      byte[] bytes = answers.removeFirst().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private String told() throws Exception {
    StringBuilder told = new StringBuilder();
    skein.follow(
        ChatRequest.of("Hello").session("s").maxTokens(9),
        piece -> told.append(piece.text()).append(piece.finishReason()).append('|'));
    return told.toString();
  }

  @Test
  void tellsTheAnswerPieceByPieceAndSendsOnlyWhatIsNew() throws Exception {
    answers.add(GOOD + DAY);
    assertThat(told()).isEqualTo("Good |daystop||");
    assertThat(bodies.getFirst())
        .contains("\"session\":\"s\"")
        .contains("\"content\":\"Hello\"")
        .contains("\"stream\":true");
  }

  @Test
  void goesOnAfterTheLastPieceUnderTheSameName() throws Exception {
    answers.add(GOOD);
    answers.add("");
    answers.add(DAY);
    assertThat(told()).isEqualTo("Good |daystop||");
    assertThat(resumed).containsExactly("null", "0.0.0.5", "0.0.0.5");
    assertThat(names).hasSize(3).containsOnly(names.getFirst());
    assertThat(bodies).containsOnly(bodies.getFirst());
  }

  @Test
  void givesUpWhereNothingGoesOn() {
    for (int i = 0; i < 5; i++) {
      answers.add("");
    }
    assertThatThrownBy(this::told)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("before it was complete");
    assertThat(answers).isEmpty();
  }

  @Test
  void repeatsTheRoutersOwnSentence() {
    answers.add(
        "data: {\"error\":{\"message\":\"The owner is away.\",\"code\":\"unavailable\"}}\n\n");
    assertThatThrownBy(this::told)
        .isInstanceOfSatisfying(
            SkeinException.class, e -> assertThat(e.code()).isEqualTo("unavailable"))
        .hasMessage("The owner is away.");
    status = 404;
    answers.add("{\"error\":{\"message\":\"There is no model x.\",\"param\":\"model\"}}");
    assertThatThrownBy(this::told)
        .isInstanceOfSatisfying(
            SkeinException.class,
            e -> {
              assertThat(e.status()).isEqualTo(404);
              assertThat(e.field()).isEqualTo("model");
            })
        .hasMessage("There is no model x.");
  }

  @Test
  void readsNoMoreThanIsWanted() throws Exception {
    answers.add(GOOD + DAY);
    List<String> got = new ArrayList<>();
    Flow.Subscription[] held = new Flow.Subscription[1];
    CountDownLatch one = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    skein.stream(ChatRequest.of("Hello"))
        .subscribe(
            new Flow.Subscriber<Piece>() {
              @Override
              public void onSubscribe(Flow.Subscription subscription) {
                held[0] = subscription;
                subscription.request(1);
              }

              @Override
              public void onNext(Piece piece) {
                got.add(piece.text());
                one.countDown();
              }

              @Override
              public void onError(Throwable error) {
                got.add(error.toString());
                end.countDown();
              }

              @Override
              public void onComplete() {
                end.countDown();
              }
            });
    one.await();
    assertThat(end.await(300, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(got).containsExactly("Good ");
    held[0].request(10);
    end.await();
    assertThat(got).containsExactly("Good ", "day", "");
  }
}
