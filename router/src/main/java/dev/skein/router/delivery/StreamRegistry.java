package dev.skein.router.delivery;

import static dev.skein.router.delivery.FailureCodes.INTERRUPTED;
import static dev.skein.router.delivery.FailureCodes.UNAVAILABLE;

import dev.skein.proto.TokenEvent;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.LiveStream.Phase;
import dev.skein.router.delivery.StreamEvent.Indexed;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.TokenStream.GapException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Every answer under way in one pool, and what becomes of each: events go to the client that waits
 * for them, silence becomes an error, and a turn that nobody waits for any more is cancelled at its
 * owner. A cancelled turn keeps its place until its end event is seen, so that a cancel that was
 * lost is said again; five times, then it is let go.
 *
 * <p>Not for several threads. Time comes with the calls, in nanoseconds of a clock that never goes
 * back.
 */
final class StreamRegistry {
  private static final long CANCEL_INTERVAL_NANOS = 2_000_000_000L;
  private static final int CANCELS_MAX = 5;

  /** A push that is silent for so long is not relied upon any more. */
  private static final long PUSH_SILENCE_NANOS = 1_000_000_000L;

  private final LiveStreams live;
  private final RouterLimits limits;
  private final Consumer<LiveStream> cancels;
  private final Tails tails;
  private final StreamMetrics metrics;

  /**
   * @param cancels asks the owner of a turn to end it
   * @param log where events are read when their pushes are silent
   */
  StreamRegistry(
      RouterLimits limits,
      StreamCount count,
      Consumer<LiveStream> cancels,
      TokenLog log,
      StreamMetrics metrics) {
    this.live = new LiveStreams(count);
    this.limits = limits;
    this.cancels = cancels;
    this.tails = new Tails(log);
    this.metrics = metrics;
  }

  /** Admits an answer, or tells its client why not; then the turn must not be published. */
  boolean open(LiveStream stream, long now) {
    if (live.isFull()) {
      stream.refuse(
          FailureCodes.TOO_MANY,
          "this router has " + limits.streams() + " answers under way, which is its limit");
      return false;
    }
    ResumePoint resume = stream.turn().resume();
    if (stream.turn().looksOn()) {
      stream.isAgain = true;
    } else if (resume != null) {
      takeOver(stream.turn().key());
    } else if (stream.turn().age() != null && isInBackground(stream.turn().key())) {
      takeOver(stream.turn().key());
      stream.isAgain = true;
    } else if (isBack(stream)) {
      stream.isAgain = true;
    } else if (live.get(stream.turn().key()) != null) {
      stream.refuse(
          FailureCodes.IN_PROGRESS,
          "the request '"
              + stream.turn().requestId()
              + "' is being answered just now; ask again when that connection is closed,"
              + " or with Last-Event-ID to go on here");
      return false;
    } else if (stream.turn().age() != null) {
      stream.isAgain = true;
    }
    LiveStream earlier = stream.turn().looksOn() ? null : live.get(stream.turn().key());
    Duration age = stream.turn().age();
    stream.begunNanos =
        earlier != null ? earlier.begunNanos : age == null ? now : now - age.toNanos();
    if (earlier != null) {
      remove(earlier);
    }
    live.add(stream);
    stream.opened(now);
    metrics.opened(stream.turn().model());
    if (resume != null || stream.isAgain) {
      stream.partition = stream.turn().shard(stream.turn().shards());
      tails.open(stream, now);
    }
    return true;
  }

  /** The connection that began it may be gone, and not yet be seen to be. */
  private boolean isInBackground(StreamKey key) {
    LiveStream earlier = live.get(key);
    return earlier != null && earlier.turn().background() && earlier.turn().age() == null;
  }

  /** A client whose connection broke asks again before its turn was given up. */
  private boolean isBack(LiveStream stream) {
    LiveStream earlier = live.get(stream.turn().key());
    return earlier != null && earlier.isAway() && stream.turn().shards() > 0;
  }

  /** A client that resumes an answer here has left its earlier connection. */
  private void takeOver(StreamKey key) {
    LiveStream earlier = live.get(key);
    if (earlier != null) {
      earlier.sink().complete();
      remove(earlier);
    }
  }

  /** The request is on the bus. */
  void published(LiveStream stream, int partition, long now) {
    if (!live.holds(stream)) {
      return;
    }
    boolean waited = stream.partition < 0 && stream.phase == Phase.CANCELLING;
    stream.partition = partition;
    if (stream.turn().background() && !stream.turn().request().getNote().isEmpty()) {
      stream.tellAhead(new StreamEvent.Accepted());
    }
    if (waited) {
      sendCancel(stream, now);
    }
  }

  /** The request did not get onto the bus. */
  void publishFailed(LiveStream stream, StreamFailure failure) {
    if (live.holds(stream)) {
      stream.tell(failure);
      remove(stream);
    }
  }

  /** An owner has pushed an event. What a deposed one says is not heard: its successor says it. */
  void pushed(TokenEvent event, int shard, long offset, long now) {
    if (tails.isCurrent(shard, event.getEpoch())) {
      deliver(event, offset, now);
    }
  }

  /**
   * An event was read from Kafka, where a whole answer may lie: what its client has no room for is
   * read again.
   */
  void read(TokenEvent event, long offset, long now) {
    StreamKey key = StreamKey.of(event);
    LiveStream own = live.get(key);
    if (own != null) {
      read(own, event, offset, now);
    }
    live.onlookers(key).forEach(onlooker -> read(onlooker, event, offset, now));
  }

  private void read(LiveStream stream, TokenEvent event, long offset, long now) {
    if (stream.behind
        && stream.turn().looksOn()
        && stream.sink().room() >= limits.bufferedEvents() / 2) {
      catchUp(stream, now); // Whoever looks on takes all as fast as it comes.
    } else if (stream.isHeard() ? stream.keepsUp() : !stream.behind) {
      deliver(stream, event, offset, now);
    }
  }

  /** The log has told all that it held when this was to be read: those who look on may go. */
  void reached(long reading) {
    live.all().stream()
        .filter(stream -> stream.hasRead(reading))
        .forEach(stream -> stream.tellAhead(new StreamEvent.Present()));
  }

  /**
   * An event was pushed or read. Events that nobody waits for are dropped.
   *
   * @param offset where it lies in its partition; -1 if that is not known
   */
  void deliver(TokenEvent event, long offset, long now) {
    LiveStream stream = live.get(StreamKey.of(event));
    if (stream != null) {
      deliver(stream, event, offset, now);
    }
  }

  private void deliver(LiveStream stream, TokenEvent event, long offset, long now) {
    stream.sign(now);
    stream.session = event.getSession();
    if (stream.phase == Phase.WAITING) {
      stream.phase = Phase.STARTED;
    }
    long from = EventReader.repeatedFrom(event);
    if (from >= 0 && stream.turn().shards() > 0) {
      repeat(stream, from, now);
      return;
    }
    if (event.hasStarted() && !event.getStarted().getNote().isEmpty() && !stream.hasBegun) {
      stream.hasBegun = true;
      stream.tellAhead(EventReader.begun(event));
    }
    switch (EventReader.read(event, offset)) {
      case null -> {}
      case StreamEvent.Notice ignored -> {}
      case StreamFailure failure -> {
        stream.tell(failure);
        remove(stream);
      }
      case Indexed indexed -> deliver(stream, indexed, now);
    }
  }

  /** The request was run before, or runs: its client gets what the log tells of it. */
  private void repeat(LiveStream stream, long from, long now) {
    if (stream.isRepeat) {
      return;
    }
    stream.isRepeat = true;
    stream.offset = from;
    stream.partition = stream.turn().shard(stream.turn().shards());
    if (stream.tailed) {
      tails.again(stream, now);
    } else {
      tails.open(stream, now);
    }
  }

  private void deliver(LiveStream stream, Indexed event, long now) {
    try {
      for (Indexed next : stream.order().accept(event)) {
        stream.progressNanos = now;
        stream.offset = Math.max(stream.offset, next.offset());
        if (!stream.isAgain && !stream.isRepeat) {
          metrics.told(stream, next, now);
        }
        if (stream.isHeard()) {
          show(stream, next, now);
        }
      }
    } catch (GapException e) {
      if (stream.partition >= 0) {
        stream.fallBehind(); // What is missing stands in the log.
        tails.open(stream, now);
        return;
      }
      stream.tell(new StreamFailure(INTERRUPTED, "the answer was interrupted: " + e.getMessage()));
      cancel(stream, now);
      return;
    }
    if (stream.order().complete()) {
      stream.sink().complete();
      remove(stream);
    }
  }

  private void show(LiveStream stream, Indexed event, long now) {
    stream.phase = Phase.FLOWING;
    boolean left = stream.sink().isClosed();
    if (left || !stream.sink().offer(event)) {
      endAtClient(stream, left, now);
    }
  }

  private void endAtClient(LiveStream stream, boolean left, long now) {
    if (!left) {
      stream.sink().abort();
      metrics.slowClient();
    }
    if (left || stream.turn().background()) {
      clientGone(stream, now);
    } else {
      cancel(stream, now);
    }
  }

  /** The client went away. Its turn is cancelled unless it was to go on in the background. */
  void clientGone(LiveStream stream, long now) {
    if (!live.holds(stream) || stream.phase == Phase.CANCELLING) {
      return;
    }
    stream.sink().complete();
    if (stream.turn().background()) {
      remove(stream);
    } else if (stream.turn().mayComeBack()) {
      stream.awayNanos = stream.awayNanos == 0 ? now : stream.awayNanos;
    } else {
      cancel(stream, now);
    }
  }

  /** Time has passed: ends what has been silent for too long, repeats cancels. */
  void tick(long now) {
    for (LiveStream stream : live.all()) {
      if (now - stream.progressNanos >= PUSH_SILENCE_NANOS) {
        tails.open(stream, now);
      }
      if (stream.behind && stream.sink().room() > 0) {
        catchUp(stream, now);
      }
      if (!stream.isAway()) {
        watch(stream, now);
      } else if (stream.isLost(now, limits.patience().silence().toNanos())) {
        giveUp(stream, now);
      }
    }
  }

  private void giveUp(LiveStream stream, long now) {
    if (stream.isAskedAgain) {
      remove(stream);
    } else {
      cancel(stream, now);
    }
  }

  private void catchUp(LiveStream stream, long now) {
    stream.behind = false;
    tails.again(stream, now);
  }

  private void watch(LiveStream stream, long now) {
    boolean waits = stream.phase == Phase.WAITING;
    long since = waits ? stream.openedNanos : stream.lastSignNanos;
    if (stream.phase == Phase.CANCELLING) {
      repeatCancel(stream, now);
    } else if (now - since
        >= (waits ? limits.patience().firstToken() : limits.patience().silence()).toNanos()) {
      fellSilent(stream, now);
    }
  }

  private void fellSilent(LiveStream stream, long now) {
    String who = stream.phase == Phase.WAITING ? "no worker answers" : "the worker fell silent";
    String code = stream.phase == Phase.FLOWING ? INTERRUPTED : UNAVAILABLE;
    stream.tell(new StreamFailure(code, who));
    if (stream.turn().looksOn()) {
      remove(stream);
    } else if (stream.turn().mayComeBack()) {
      stream.askAgain(now);
    } else {
      cancel(stream, now);
    }
  }

  private void repeatCancel(LiveStream stream, long now) {
    if (now - stream.lastCancelNanos < CANCEL_INTERVAL_NANOS) {
      return;
    }
    if (stream.cancels >= CANCELS_MAX) {
      remove(stream);
    } else {
      sendCancel(stream, now);
    }
  }

  /**
   * The router gives its answers up: every client is told. The turns themselves go on; another
   * router may take their next ones.
   *
   * @param why what clients are told
   */
  void close(String why) {
    for (LiveStream stream : live.all()) {
      stream.tell(new StreamFailure(UNAVAILABLE, why));
      remove(stream);
    }
  }

  boolean empty() {
    return live.size() == 0;
  }

  private void cancel(LiveStream stream, long now) {
    stream.phase = Phase.CANCELLING;
    sendCancel(stream, now);
  }

  private void sendCancel(LiveStream stream, long now) {
    stream.lastCancelNanos = now;
    stream.cancels++;
    if (stream.partition >= 0 || !stream.turn().ephemeral()) {
      cancels.accept(stream);
    }
  }

  private void remove(LiveStream stream) {
    if (live.remove(stream)) {
      tails.close(stream);
      metrics.closed(stream.turn().model());
    }
  }
}
