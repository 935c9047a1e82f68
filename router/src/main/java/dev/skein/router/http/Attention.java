package dev.skein.router.http;

import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.Present;
import java.time.Duration;
import java.util.Optional;

/** For how long one listens to what the log tells of a turn. Used by one stream. */
final class Attention {
  private enum Until {
    NOW,
    BEGUN,
    ENDED
  }

  private static final Duration READING_MAX = Duration.ofSeconds(10);

  /** A turn that waits for none shows its beginning by then. */
  private static final Duration BEGINNING_MAX = Duration.ofSeconds(3);

  /** One that was asked to end shows something by then. */
  private static final Duration SIGN_MAX = Duration.ofSeconds(5);

  private static final Duration ENDING_MAX = Duration.ofSeconds(20);
  private static final long ASK_NANOS = Duration.ofSeconds(2).toNanos();

  private final Until until;
  private final Runnable ask;
  private final long sinceNanos = System.nanoTime();
  private long askedNanos = sinceNanos;
  private long presentNanos;
  private boolean isPresent;
  private boolean heard;

  private Attention(Until until, Runnable ask) {
    this.until = until;
    this.ask = ask;
  }

  /** Until it has told what there is. */
  static Attention untilNow() {
    return new Attention(Until.NOW, () -> {});
  }

  /** Until the turn has begun, and all that there is was told. */
  static Attention untilBegun() {
    return new Attention(Until.BEGUN, () -> {});
  }

  /**
   * Until the turn has ended.
   *
   * @param ask asks its owner to end it, which may be lost; done again until the end shows
   */
  static Attention untilEnded(Runnable ask) {
    return new Attention(Until.ENDED, ask);
  }

  /** Takes the next event, or nothing for a while; whether to listen on. */
  boolean goesOn(Optional<StreamEvent> event) {
    long now = System.nanoTime();
    event.ifPresent(told -> hear(told, now));
    if (now - askedNanos >= ASK_NANOS) {
      askedNanos = now;
      ask.run();
    }
    Duration waited = Duration.ofNanos(now - sinceNanos);
    Duration after = isPresent ? Duration.ofNanos(now - presentNanos) : Duration.ZERO;
    return switch (until) {
      case NOW -> !isPresent && waited.compareTo(READING_MAX) < 0;
      case BEGUN ->
          !(isPresent && heard)
              && after.compareTo(BEGINNING_MAX) < 0
              && waited.compareTo(READING_MAX) < 0;
      case ENDED -> (heard || after.compareTo(SIGN_MAX) < 0) && waited.compareTo(ENDING_MAX) < 0;
    };
  }

  private void hear(StreamEvent event, long now) {
    if (!(event instanceof Present)) {
      heard = true;
    } else if (!isPresent) {
      isPresent = true;
      presentNanos = now;
    }
  }
}
