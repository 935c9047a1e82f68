package dev.skein.router.delivery;

/**
 * One answer under way. Owned by the receiver's thread, but for {@link #turn} and the sink, which
 * any may use.
 */
final class LiveStream {
  /** How far the answer has come; only forwards. */
  enum Phase {
    /** Its owner has not shown itself. */
    WAITING,
    /** Its owner runs it; nothing was shown yet. */
    STARTED,
    /** The client has seen something. */
    FLOWING,
    /** The client is gone or was told of a failure; the owner has been asked to stop. */
    CANCELLING
  }

  /** An answer that was silent for so long stands still. */
  private static final long STILL_NANOS = 1_000_000_000L;

  /** Those that were told to ask again take their time. */
  private static final long ASK_AGAIN_NANOS = 60_000_000_000L;

  private final Turn turn;
  private final StreamSink sink;
  private final TokenStream order;

  Phase phase = Phase.WAITING;
  String session;
  int partition = -1;
  long openedNanos;

  /** When its turn was published at the earliest. */
  long begunNanos;

  long lastSignNanos;
  long lastTokenNanos;
  long lastCancelNanos;
  int cancels;

  /** Of the last event that was let through; -1 if it is not known. */
  long offset;

  /** When something was last let through, or the stream opened. */
  long progressNanos;

  /** Since when the client is away that may come back; 0 while it is there. */
  long awayNanos;

  /** The client was told that nobody answers, and will ask again by the same id. */
  boolean isAskedAgain;

  /** Its turn was published for an earlier connection of the same client, or long ago. */
  boolean isAgain;

  /** The client was told that its turn has begun. */
  boolean hasBegun;

  /** Its turn was run before, and the log tells it again. */
  boolean isRepeat;

  /** Whether its shard's events are read from Kafka for it. */
  boolean tailed;

  /** What its newest reading of the log is known by. */
  long reading;

  /** Whether events from the log were passed over, because the client had no room for them. */
  boolean behind;

  LiveStream(Turn turn, StreamSink sink, int earlyMax) {
    this.turn = turn;
    this.sink = sink;
    ResumePoint resume = turn.resume();
    this.order =
        resume == null
            ? new TokenStream(turn.choices(), earlyMax)
            : TokenStream.after(resume.index(), earlyMax);
    this.offset = resume == null ? -1 : resume.offset();
    this.session = turn.session();
  }

  Turn turn() {
    return turn;
  }

  /**
   * Whether there is room for all that the next event may set free. If not, the client is behind,
   * and what waits for a gap is read again with the rest.
   */
  boolean keepsUp() {
    if (sink.room() <= order.early()) {
      fallBehind();
    }
    return !behind;
  }

  /** What came early is dropped; the log is read again from where the answer stands. */
  void fallBehind() {
    behind = true;
    order.forget();
  }

  StreamSink sink() {
    return sink;
  }

  TokenStream order() {
    return order;
  }

  /**
   * The client was told that nobody answers. One that names its requests asks again by the same id:
   * its turn must not be cancelled, or it would get an empty answer.
   */
  void askAgain(long now) {
    isAskedAgain = true;
    awayNanos = now;
  }

  /** Looks on, and was told all that this reading of the log was to tell. */
  boolean hasRead(long all) {
    return turn.looksOn() && reading == all && !behind;
  }

  /** Tells its client why it does not begin. */
  void refuse(String code, String message) {
    sink.offer(new StreamEvent.StreamFailure(code, message));
    sink.complete();
  }

  /** Its client is there. */
  boolean isHeard() {
    return phase != Phase.CANCELLING && awayNanos == 0;
  }

  /** Tells what comes before the first token. */
  void tellAhead(StreamEvent event) {
    if (isHeard() && sink.room() > 0) {
      var ignored = sink.offer(event);
    }
  }

  /** Tells its client of a failure, the last that it hears. */
  void tell(StreamEvent.StreamFailure failure) {
    if (phase == Phase.CANCELLING) {
      return;
    }
    if (sink.offer(failure)) {
      sink.complete();
    } else {
      sink.abort();
    }
  }

  /** Its client may come back. */
  boolean isAway() {
    return awayNanos != 0 && phase != Phase.CANCELLING;
  }

  /** It begins to wait for its owner. */
  void opened(long now) {
    openedNanos = now;
    lastSignNanos = now;
    progressNanos = now;
  }

  /**
   * Its owner has shown itself. A client that left an answer which stood still could not come back
   * either, as long as that lasted: its time begins now.
   */
  void sign(long now) {
    if (isAway() && lastSignNanos < awayNanos && isStill(now)) {
      awayNanos = now;
    }
    lastSignNanos = now;
  }

  /**
   * Its client did not come back in time, which does not pass while an answer stands still that had
   * begun to flow.
   *
   * @param silenceNanos how long an answer stands still at most before it is given up
   */
  boolean isLost(long now, long silenceNanos) {
    long patience = isAskedAgain ? ASK_AGAIN_NANOS : turn.comeBack().toNanos();
    boolean mayGoOn = phase == Phase.FLOWING && isStill(now) && now - lastSignNanos < silenceNanos;
    return isAway() && now - awayNanos >= patience && !mayGoOn;
  }

  private boolean isStill(long now) {
    return now - lastSignNanos >= STILL_NANOS;
  }
}
