package dev.skein.worker.shard;

import dev.skein.proto.Forwarded;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which forwarded records a shard has taken in, told by their origins: a misplaced record may be
 * forwarded twice, when its first reader died in between. What is stored covers only records below
 * the watermark: the others are read again by the next owner, which must not take the first copy
 * for a second one.
 */
final class ForwardedMarks {

  private record Taken(long offset, OriginMark mark) {}

  /**
   * The highest origin offset by origin partition: of all records, and of those below the
   * watermark.
   */
  private final Map<Integer, Long> seen = new HashMap<>();

  private final Map<Integer, Long> stored = new HashMap<>();
  private final Deque<Taken> open = new ArrayDeque<>();

  ForwardedMarks(List<Forwarded> known) {
    known.forEach(mark -> {
      seen.put(mark.getPartition(), mark.getOffset());
      stored.put(mark.getPartition(), mark.getOffset());
    });
  }

  /**
   * Notes a record, finished ones included, in log order.
   *
   * @param offset of the record in this shard's partition
   */
  boolean isSecondCopy(long offset, OriginMark mark) {
    if (mark.offset() <= seen.getOrDefault(mark.partition(), -1L)) {
      return true;
    }
    seen.put(mark.partition(), mark.offset());
    open.add(new Taken(offset, mark));
    return false;
  }

  /** What the shard record keeps. */
  List<Forwarded> below(long watermark) {
    for (Taken next = open.peek(); next != null && next.offset() < watermark; next = open.peek()) {
      stored.put(next.mark().partition(), next.mark().offset());
      open.remove();
    }
    return stored.entrySet().stream()
        .map(e -> Forwarded.newBuilder().setPartition(e.getKey()).setOffset(e.getValue()).build())
        .toList();
  }
}
