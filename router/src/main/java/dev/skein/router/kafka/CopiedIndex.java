package dev.skein.router.kafka;

import dev.skein.router.sessions.SessionLog.UnavailableException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Where the newest record of a name lies in topics that were copied, for what was noted with
 * another topic's offsets. A partition is read through once, at first need, and however many ask: a
 * reading that takes too long goes on with the next question. Who reads a record through it checks
 * what it is. For the fetcher's thread alone.
 */
final class CopiedIndex {
  /** About 50 MB; names beyond are not found. */
  private static final int NAMES_MAX = 500_000;

  private static final long FNV_BASIS = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final Map<TopicPartition, Part> parts = new HashMap<>();
  private int names;

  /** What a record is called; null for one that nobody looks for. */
  @FunctionalInterface
  interface Naming {
    byte @Nullable [] of(ConsumerRecord<byte[], byte[]> record);
  }

  private static final class Part {
    final Map<Long, Long> newest = new HashMap<>();
    long next;
    boolean isWhole;
  }

  /**
   * The offset to look at, or -1.
   *
   * @param naming always the same for one topic
   */
  long find(RecordFetcher records, TopicPartition partition, byte[] name, Naming naming)
      throws UnavailableException {
    Part part = parts.computeIfAbsent(partition, none -> new Part());
    if (!part.isWhole) {
      records.first(partition, part.next, record -> take(part, record, naming));
      part.isWhole = true;
    }
    return part.newest.getOrDefault(print(name), -1L);
  }

  /** Never what is looked for: all are taken. */
  private boolean take(Part part, ConsumerRecord<byte[], byte[]> record, Naming naming) {
    part.next = record.offset() + 1;
    byte[] name = record.value() == null ? null : naming.of(record);
    if (name != null) {
      Long print = print(name);
      if (part.newest.containsKey(print)) {
        part.newest.put(print, record.offset());
      } else if (names < NAMES_MAX) {
        part.newest.put(print, record.offset());
        names++;
      }
    }
    return false;
  }

  private static long print(byte[] name) {
    long hash = FNV_BASIS;
    for (byte b : name) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    return hash;
  }
}
