package dev.skein.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * A client of one router (or of several behind one address). Any number of threads may use it.
 *
 * <pre>{@code
 * try (SkeinClient skein = SkeinClient.of(URI.create("http://localhost:8080"))) {
 *   Answer answer = skein.send(ChatRequest.of("Tell me a story.").session("alice"));
 *   skein.stream(ChatRequest.of("Go on.").session("alice")).subscribe(subscriber);
 * }
 * }</pre>
 */
public final class SkeinClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration CLOSE = Duration.ofMillis(500);
  private static final int ATTEMPTS = 5;

  private final Wire wire;

  private SkeinClient(Wire wire) {
    this.wire = wire;
  }

  /** A client of a router that asks for no key. */
  public static SkeinClient of(URI router) {
    return of(router, "");
  }

  /**
   * @param router its address, with or without {@code /v1} at the end
   * @param apiKey as {@code skein key} printed it; empty for a router that asks for none
   */
  public static SkeinClient of(URI router, String apiKey) {
    String given = router.toString().replaceAll("/+$", "");
    String root = given.endsWith("/v1") ? given : given + "/v1";
    HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
    return new SkeinClient(new Wire(http, root, apiKey, PATIENCE, ATTEMPTS));
  }

  /**
   * The whole answer. A connection that breaks and a router that is busy are tried again, up to
   * {@value #ATTEMPTS} times; however often the request arrives, it is one turn.
   *
   * @throws SkeinException if the router refuses
   * @throws IOException if no router answers
   */
  public Answer send(ChatRequest request) throws IOException, InterruptedException {
    return Json.answer(
        request.requestId(),
        wire.json(
            wire.to("/chat/completions")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", request.requestId())
                .POST(BodyPublishers.ofByteArray(request.body(false)))));
  }

  /**
   * The answer as it grows. Nothing is asked before somebody subscribes. A subscriber gets every
   * piece once and in order, as fast as it asks for them, over broken connections and restarted
   * routers: the stream is then resumed after the last piece. It fails with {@link SkeinException}
   * if the router refuses or the answer cannot be resumed, with {@link IOException} if no router
   * answers any more. Who cancels ends the turn, unless the request says {@code background}.
   *
   * <p>Answers with functions ({@code tools}) come whole from {@link #send}.
   */
  public Flow.Publisher<Piece> stream(ChatRequest request) {
    return new AnswerStream(wire, request, "");
  }

  /**
   * The rest of an answer, which may have been begun by another process.
   *
   * @param request the same, under the same name ({@link ChatRequest#named})
   * @param lastEventId of the last piece that is not wanted again
   */
  public Flow.Publisher<Piece> resume(ChatRequest request, String lastEventId) {
    return new AnswerStream(wire, request, lastEventId);
  }

  /**
   * The same as {@link #stream}, for a thread that waits for the end of the answer; pieces are told
   * as they come, on another thread. Interrupting the one that waits ends the turn.
   *
   * @throws SkeinException if the router refuses, or the answer cannot be resumed
   * @throws IOException if no router answers any more
   */
  public void follow(ChatRequest request, Consumer<Piece> told)
      throws IOException, InterruptedException {
    Follower follower = new Follower(told);
    stream(request).subscribe(follower);
    follower.await();
  }

  /** Names of the models that the router offers. */
  public List<String> models() throws IOException, InterruptedException {
    List<String> names = new ArrayList<>();
    for (JsonNode model : wire.soon(wire.to("/models").GET()).path("data")) {
      names.add(model.path("id").asText());
    }
    return List.copyOf(names);
  }

  /** The sessions behind this client's key. */
  public Sessions sessions() {
    return new Sessions(wire);
  }

  /** Gives what is under way a moment, and ends it. */
  @Override
  public void close() {
    wire.http.shutdown();
    try {
      if (!wire.http.awaitTermination(CLOSE)) {
        wire.http.shutdownNow();
      }
    } catch (InterruptedException e) {
      wire.http.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
