package dev.skein.worker.shard;

import dev.skein.proto.ShardRecord;
import dev.skein.store.RecordPrint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * By what a shard's place in its log is found again where all topics were copied: what the last
 * records below the watermark are, and which numbers above it no record has.
 */
final class LogTrace {
  private final Deque<Long> before = new ArrayDeque<>();
  private final TreeMap<Long, Long> since = new TreeMap<>();

  /** First number of a gap → the number behind it. */
  private final TreeMap<Long, Long> gaps = new TreeMap<>();

  private long next;
  private long readTo;

  LogTrace(ShardRecord stored) {
    before.addAll(stored.getBeforeList());
    next = stored.getWatermark();
    readTo = stored.getReadTo();
    for (int i = 0; i + 1 < stored.getGapsCount(); i += 2) {
      gaps.put(stored.getGaps(i), stored.getGaps(i + 1));
    }
  }

  /** The log's next record was read. */
  void read(RawRecord raw) {
    if (raw.offset() < next) {
      return;
    }
    if (raw.offset() > next) {
      gaps.put(next, raw.offset());
    }
    next = raw.offset() + 1;
    readTo = Math.max(readTo, next);
    since.put(raw.offset(), RecordPrint.of(raw.key(), raw.value()));
  }

  /** Writes down what a record with this watermark needs. */
  void write(ShardRecord.Builder record) {
    long watermark = record.getWatermark();
    Map<Long, Long> passed = since.headMap(watermark);
    before.addAll(passed.values());
    passed.clear();
    while (before.size() > RecordPrint.PLACE) {
      before.remove();
    }
    gaps.values().removeIf(behind -> behind <= watermark);
    List<Long> open = new ArrayList<>();
    gaps.forEach((first, behind) -> {
      open.add(first);
      open.add(behind);
    });
    record
        .clearBefore()
        .addAllBefore(before)
        .clearGaps()
        .addAllGaps(open)
        .setReadTo(Math.max(readTo, watermark));
  }
}
