package dev.skein.cli.web;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, read by one thread that waits a limited time for each piece. The JDK's own
 * stream would wait for ever, and its limit for a whole request does not fit files of many
 * gigabytes. At most one piece is asked for ahead.
 */
public final class Arrivals implements BodySubscriber<Arrivals>, AutoCloseable {
  private sealed interface Event {}

  private record Pieces(List<ByteBuffer> buffers) implements Event {}

  private record Broken(Throwable cause) implements Event {}

  private record End() implements Event {}

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final AtomicReference<@Nullable Subscription> subscribed = new AtomicReference<>();
  private final Queue<ByteBuffer> ready = new ArrayDeque<>();
  private final String what;
  private boolean ended;

  /**
   * @param what is fetched, for messages
   */
  Arrivals(String what) {
    this.what = what;
  }

  @Override
  public CompletionStage<Arrivals> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    if (!subscribed.compareAndSet(null, subscription)) {
      subscription.cancel();
      return;
    }
    subscription.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    events.add(new Pieces(buffers));
  }

  @Override
  public void onError(Throwable cause) {
    events.add(new Broken(cause));
  }

  @Override
  public void onComplete() {
    events.add(new End());
  }

  /**
   * The next bytes, or null at the end.
   *
   * @throws HubException if none come in time, or the line breaks
   */
  public @Nullable ByteBuffer next(Duration patience) throws HubException {
    while (ready.isEmpty() && !ended) {
      switch (await(patience)) {
        case Pieces pieces -> {
          pieces.buffers().stream().filter(ByteBuffer::hasRemaining).forEach(ready::add);
          Subscription subscription = subscribed.get();
          if (subscription != null) {
            subscription.request(1);
          }
        }
        case Broken broken ->
            throw HubException.passing(
                "the connection broke while fetching " + what + why(broken.cause()));
        case End() -> ended = true;
      }
    }
    return ready.poll();
  }

  private static String why(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? "" : " (" + message.lines().findFirst().orElse("") + ")";
  }

  private Event await(Duration patience) throws HubException {
    try {
      Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (event == null) {
        throw HubException.passing(
            "no bytes of "
                + what
                + " came for "
                + Sizes.seconds(patience)
                + ": the line is stalled");
      }
      return event;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw HubException.last("interrupted while fetching " + what);
    }
  }

  /**
   * All bytes of a small body.
   *
   * @throws HubException if there are more than {@code most}
   */
  public byte[] all(int most, Duration patience) throws HubException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (ByteBuffer piece = next(patience); piece != null; piece = next(patience)) {
      byte[] copy = new byte[piece.remaining()];
      piece.get(copy);
      bytes.writeBytes(copy);
      if (bytes.size() > most) {
        throw HubException.last(what + " is larger than the " + most + " bytes that it may have");
      }
    }
    return bytes.toByteArray();
  }

  /** Wants no more. */
  @Override
  public void close() {
    Subscription subscription = subscribed.get();
    if (subscription != null) {
      subscription.cancel();
    }
  }
}
