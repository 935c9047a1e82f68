package dev.skein.worker.shard;

import dev.skein.proto.Forwarded;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tells second copies of forwarded records: per origin, the highest mark that was taken in. What is
 * stored are the marks as they stood at the watermark, because the next owner reads again from
 * there and must come to the same judgement about every record.
 */
final class ForwardedMarks {

  private final Map<Integer, Long> now = new HashMap<>();
  private final Map<Integer, Long> atWatermark = new HashMap<>();
  private final TreeMap<Long, OriginMark> sinceWatermark = new TreeMap<>();
  private final int shard;

  ForwardedMarks(int shard, List<Forwarded> stored) {
    this.shard = shard;
    stored.forEach(mark -> atWatermark.put(mark.getPartition(), mark.getOffset()));
    now.putAll(atWatermark);
  }

  /** Takes the next record of the log; true if it is a second copy. */
  boolean isSecondCopy(RawRecord raw) {
    OriginMark mark = OriginMark.of(raw);
    if (mark == null || mark.partition() == shard) {
      return false;
    }
    boolean isKnown = mark.offset() <= now.getOrDefault(mark.partition(), -1L);
    if (!isKnown) {
      now.put(mark.partition(), mark.offset());
      sinceWatermark.put(raw.offset(), mark);
    }
    return isKnown;
  }

  /** The marks of everything below the watermark. */
  Map<Integer, Long> at(long watermark) {
    Map<Long, OriginMark> passed = sinceWatermark.headMap(watermark);
    passed.values().forEach(mark -> atWatermark.merge(mark.partition(), mark.offset(), Math::max));
    passed.clear();
    return atWatermark;
  }
}
