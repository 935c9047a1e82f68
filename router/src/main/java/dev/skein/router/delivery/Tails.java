package dev.skein.router.delivery;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Which shards' events are read from Kafka, for how many answers, and who owns which shard as far
 * as its events tell. An answer that once needed the log keeps it to its end: the owner that took
 * over may not know whom to push to.
 */
final class Tails {
  private final TokenLog log;
  private final Map<Integer, Integer> readers = new HashMap<>();
  private final Map<Integer, Integer> epochs = new HashMap<>();

  Tails(TokenLog log) {
    this.log = log;
  }

  /** Reads for this answer too, if it is known where. */
  void open(LiveStream stream, long now) {
    if (stream.tailed || stream.partition < 0) {
      return;
    }
    stream.tailed = true;
    readers.merge(stream.partition, 1, Integer::sum);
    again(stream, now);
  }

  /** Goes back to where this answer stands. */
  void again(LiveStream stream, long now) {
    stream.reading =
        log.read(stream.partition, stream.offset, Duration.ofNanos(now - stream.begunNanos));
  }

  void close(LiveStream stream) {
    if (stream.tailed && readers.merge(stream.partition, -1, Integer::sum) == 0) {
      readers.remove(stream.partition);
      log.stop(stream.partition);
    }
  }

  /** Whether an epoch of a shard is the newest that was heard of. */
  boolean isCurrent(int shard, int epoch) {
    return epochs.merge(shard, epoch, Math::max) == epoch;
  }
}
