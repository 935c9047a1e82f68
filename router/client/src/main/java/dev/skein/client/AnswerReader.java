package dev.skein.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber's way through an answer: over one connection after the other until the answer has
 * ended. A line is read only when a piece is wanted, so that nothing piles up here; what is not
 * read waits in the router, and what the router gives up is resumed from the log.
 */
final class AnswerReader implements Flow.Subscription {
  private static final Duration FIRST_EVENT = Duration.ofMinutes(2);
  private static final String ID = "id:";
  private static final String DATA = "data:";

  private final Wire wire;
  private final ChatRequest request;
  private final Flow.Subscriber<? super Piece> subscriber;
  private final AtomicLong wanted = new AtomicLong();
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile @Nullable Lines lines;
  private volatile String lastEventId;
  private volatile boolean unnamed;
  private final AtomicInteger failures = new AtomicInteger();

  AnswerReader(
      Wire wire, ChatRequest request, String after, Flow.Subscriber<? super Piece> subscriber) {
    this.wire = wire;
    this.request = request;
    this.lastEventId = after;
    this.subscriber = subscriber;
  }

  @Override
  public void request(long pieces) {
    if (pieces <= 0) {
      fail(new IllegalArgumentException("a subscriber must want pieces, and wanted " + pieces));
      return;
    }
    wanted.accumulateAndGet(pieces, (a, b) -> a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b);
    pull();
  }

  @Override
  public void cancel() {
    over.set(true);
    Lines current = lines;
    if (current != null) {
      current.cancel();
    }
  }

  private void pull() {
    Lines current = lines;
    if (current != null && wanted.get() > 0 && !over.get()) {
      current.next();
    }
  }

  /** Asks for the answer, or for the rest of it. */
  void connect() {
    if (over.get()) {
      return;
    }
    HttpRequest.Builder call =
        wire.to("/chat/completions")
            .timeout(FIRST_EVENT)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", request.requestId())
            .POST(BodyPublishers.ofByteArray(request.body(true)));
    if (!lastEventId.isEmpty()) {
      call.header("Last-Event-ID", lastEventId);
    }
    Lines connection = new Lines();
    var _ =
        wire.http
            .sendAsync(call.build(), body(connection))
            .handle((answer, error) -> {
              if (error != null && !connection.begun) {
                lost(
                    error instanceof CompletionException && error.getCause() != null
                        ? error.getCause()
                        : error);
              }
              return null;
            });
  }

  private BodyHandler<@Nullable Void> body(Lines connection) {
    return head ->
        head.statusCode() == 200
            ? BodySubscribers.fromLineSubscriber(
                connection, read -> null, StandardCharsets.UTF_8, null)
            : BodySubscribers.mapping(
                BodySubscribers.ofString(StandardCharsets.UTF_8),
                text -> {
                  refused(head.statusCode(), head.headers(), text);
                  return null;
                });
  }

  private void refused(int status, HttpHeaders headers, String body) {
    int failed = failures.incrementAndGet();
    if (Wire.again(status) && failed < wire.attempts) {
      wire.later(Wire.pause(headers, failed), this::connect);
    } else {
      fail(Json.error(status, body));
    }
  }

  /** The connection broke, or ended in the middle. */
  private void lost(Throwable cause) {
    int failed = failures.incrementAndGet();
    if (failed < wire.attempts && !unnamed) {
      wire.later(Wire.pause(failed), this::connect);
    } else {
      fail(cause instanceof IOException ? cause : new IOException(cause));
    }
  }

  private void fail(Throwable cause) {
    if (over.compareAndSet(false, true)) {
      Lines current = lines;
      if (current != null) {
        current.cancel();
      }
      subscriber.onError(cause);
    }
  }

  private void event(String id, String data) throws SkeinException {
    if (data.equals("[DONE]")) {
      if (over.compareAndSet(false, true)) {
        subscriber.onComplete();
      }
      return;
    }
    JsonNode root = Json.parse(200, data);
    if (root.has("error")) {
      throw Json.error(200, root.path("error"));
    }
    Piece piece = Json.piece(id, root);
    boolean says =
        !(piece.text().isEmpty() && piece.thought().isEmpty() && piece.finishReason().isEmpty());
    if (says || piece.usage() != null) {
      wanted.decrementAndGet();
      subscriber.onNext(piece);
      failures.set(0);
      unnamed = says && id.isEmpty();
    }
    if (!id.isEmpty()) {
      lastEventId = id;
    }
  }

  /** The lines of one connection; at most one is asked for at a time. */
  private final class Lines implements Flow.Subscriber<String> {
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile Flow.@Nullable Subscription upstream;
    private volatile boolean begun;
    private String id = "";

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      begun = true;
      upstream = subscription;
      lines = this;
      if (over.get()) {
        subscription.cancel();
      }
      pull();
    }

    void next() {
      Flow.Subscription current = upstream;
      if (current != null && asked.compareAndSet(false, true)) {
        current.request(1);
      }
    }

    void cancel() {
      Flow.Subscription current = upstream;
      if (current != null) {
        current.cancel();
      }
    }

    @Override
    public void onNext(String line) {
      if (over.get()) {
        return;
      }
      try {
        if (line.startsWith(ID)) {
          id = line.substring(ID.length()).strip();
        } else if (line.startsWith(DATA)) {
          event(id, line.substring(DATA.length()).strip());
          id = "";
        }
      } catch (SkeinException e) {
        fail(e);
      }
      asked.set(false);
      pull();
    }

    @Override
    public void onError(Throwable error) {
      ended(error);
    }

    @Override
    public void onComplete() {
      ended(new IOException("the answer ended before it was complete"));
    }

    private void ended(Throwable cause) {
      if (!over.get()) {
        lines = null;
        lost(cause);
      }
    }
  }
}
