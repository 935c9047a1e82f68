package dev.skein.simulation;

import dev.skein.worker.shard.RawRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The partitions of {@code requests}, or of {@code controls}: records with gaps between them. */
final class RequestTopic {

  private final List<List<RawRecord>> partitions = new ArrayList<>();
  private final long[] ends;

  RequestTopic(int shards) {
    for (int i = 0; i < shards; i++) {
      partitions.add(new ArrayList<>());
    }
    ends = new long[shards];
  }

  /** Appends a record, and returns it with its offset; now and then a marker takes a place. */
  RawRecord append(
      int shard, byte @Nullable [] key, byte[] value, Map<String, String> headers, long nowMs) {
    ends[shard] += ends[shard] % 5 == 3 ? 2 : 1;
    RawRecord record = new RawRecord(ends[shard], key, value, headers, nowMs);
    partitions.get(shard).add(record);
    return record;
  }

  /** The first record at or above an offset, or null. */
  @Nullable RawRecord at(int shard, long offset) {
    List<RawRecord> records = partitions.get(shard);
    int low = 0;
    int high = records.size();
    while (low < high) {
      int middle = (low + high) / 2;
      if (records.get(middle).offset() < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == records.size() ? null : records.get(low);
  }

  /** Every record of a partition lies below this offset. */
  long end(int shard) {
    return ends[shard] + 1;
  }

  /** All records of a partition. */
  List<RawRecord> all(int shard) {
    return partitions.get(shard);
  }
}
