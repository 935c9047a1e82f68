package dev.skein.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One partition of an {@link InMemoryCluster}: records by offset, with gaps where markers lie or
 * records are gone.
 */
final class InMemoryPartition {

  private final TreeMap<Long, Entry> entries = new TreeMap<>();
  private long end;

  long end() {
    return end;
  }

  long append(
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, String> headers,
      InMemoryTransaction transaction) {
    long offset = end++;
    entries.put(offset, new Entry(new LogRecord(offset, key, value), headers, transaction));
    if (transaction.outcome() == InMemoryTransaction.Outcome.OPEN) {
      transaction.touch(this);
    }
    return offset;
  }

  void appendMarker() {
    end++;
  }

  @Nullable LogRecord at(long offset) {
    Entry entry = entries.get(offset);
    return entry == null ? null : entry.record;
  }

  @Nullable LogRecord next(long from) {
    Map.Entry<Long, Entry> entry = entries.ceilingEntry(from);
    return entry == null ? null : entry.getValue().record;
  }

  /**
   * From an offset on; a reader of committed records stops at the first open transaction, and skips
   * aborted ones.
   */
  List<LogRecord> from(long offset, boolean committed) {
    List<LogRecord> records = new ArrayList<>();
    for (Entry entry : entries.tailMap(offset).values()) {
      InMemoryTransaction.Outcome outcome = entry.transaction.outcome();
      if (committed && outcome == InMemoryTransaction.Outcome.OPEN) {
        break;
      }
      if (!committed || outcome == InMemoryTransaction.Outcome.COMMITTED) {
        records.add(entry.record);
      }
    }
    return records;
  }

  void delete(long offset) {
    entries.remove(offset);
  }

  void truncate(long start) {
    entries.headMap(start).clear();
  }

  /** As the broker's cleaner: below the first open transaction, and aborted records go too. */
  void compact() {
    Map<ByteBuffer, Long> newest = new HashMap<>();
    for (LogRecord record : from(0, true)) {
      byte[] key = record.key();
      if (key != null) {
        newest.put(ByteBuffer.wrap(key), record.offset());
      }
    }
    long stable = end;
    for (Map.Entry<Long, Entry> entry : entries.entrySet()) {
      if (entry.getValue().transaction.outcome() == InMemoryTransaction.Outcome.OPEN) {
        stable = entry.getKey();
        break;
      }
    }
    entries.headMap(stable).values().removeIf(entry -> !isNewest(entry.record, newest));
  }

  private static boolean isNewest(LogRecord record, Map<ByteBuffer, Long> newest) {
    byte[] key = record.key();
    return key != null && Long.valueOf(record.offset()).equals(newest.get(ByteBuffer.wrap(key)));
  }

  private record Entry(
      LogRecord record, Map<String, String> headers, InMemoryTransaction transaction) {}
}
