package dev.skein.router.delivery;

import dev.skein.proto.Request;
import dev.skein.proto.Shards;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One turn that a client asked for, as it goes to the bus.
 *
 * @param request with request id and model; without a session it is an ephemeral turn
 * @param to the model that answers, and its pool
 * @param resume the last event that the client has of a turn that it asked for before, which is not
 *     published again; null for a new one
 * @param comeBack how long its turn goes on for a client that lost its connection and may ask again
 *     under the same id; zero: it cannot
 * @param age how long ago it was published at most; then it is not published again, and the log
 *     tells it; null for a new one
 * @param beginning what it begins with, if it belongs to no session ({@link Affinity}); empty:
 *     nothing that others begin with too
 * @param looksOn whether it is only looked at: the log tells it, whoever else waits for it, and
 *     whoever looks on and leaves does not end it
 */
public record Turn(
    Request request,
    Destination to,
    @Nullable ResumePoint resume,
    Duration comeBack,
    @Nullable Duration age,
    String beginning,
    boolean looksOn) {

  /** A new turn. */
  public Turn(Request request, Destination to) {
    this(request, to, null, Duration.ZERO, null, "", false);
  }

  /**
   * The shard that runs it: that of its session, or if it has none, of what it begins with or else
   * of its request's id, so that every router finds it again.
   *
   * @param of how many there are
   */
  public int shard(int of) {
    if (!ephemeral()) {
      return Shards.of(session(), of);
    }
    return Shards.of(
        beginning.isEmpty() ? requestId() : Affinity.place(beginning, requestId()), of);
  }

  /** The pool whose topics it travels on. */
  public String pool() {
    return to.pool();
  }

  /** Name of the model that answers. */
  public String model() {
    return to.model();
  }

  /** How many shards its pool has; 0 if that is not known. */
  public int shards() {
    return to.shards();
  }

  /** The session, or "" for an ephemeral turn. */
  public String session() {
    return request.getSession();
  }

  public String requestId() {
    return request.getRequestId();
  }

  public boolean ephemeral() {
    return request.getSession().isEmpty();
  }

  public int choices() {
    return Math.max(1, request.getChoices());
  }

  /** Whether it goes on when whoever waits here has left. */
  public boolean background() {
    return looksOn || request.getBackground();
  }

  /** Whether a client that lost its connection may ask again under the same id. */
  boolean mayComeBack() {
    return !comeBack.isZero();
  }

  /** The same turn, for a client that comes back within this time or not at all. */
  public Turn backWithin(Duration other) {
    return new Turn(request, to, resume, other, age, beginning, looksOn);
  }

  /** The same turn under other names. */
  public Turn asking(Request other) {
    return new Turn(other, to, resume, comeBack, age, beginning, looksOn);
  }

  /** The same turn, which was published so long ago at most. */
  public Turn again(Duration since) {
    return new Turn(request, to, resume, comeBack, since, beginning, looksOn);
  }

  /** The same turn, which goes where others go that begin so. */
  public Turn beginningWith(String words) {
    return new Turn(request, to, resume, comeBack, age, words, looksOn);
  }

  /** The same turn, published so long ago at most, to be looked at. */
  public Turn seen(Duration since) {
    return new Turn(request, to, null, Duration.ZERO, since, beginning, true);
  }

  StreamKey key() {
    return new StreamKey(session(), requestId());
  }
}
