package dev.skein.worker.shard;

import dev.skein.proto.Wire;
import org.jspecify.annotations.Nullable;

/**
 * Where a forwarded record was first logged. An owner forwards the records of its partition in
 * order, so per origin the highest offset taken in tells every second copy.
 */
record OriginMark(int partition, long offset) {

  /**
   * The mark of a record, or null if it was not forwarded (or carries a mark that is none of ours).
   */
  static @Nullable OriginMark of(RawRecord raw) {
    String mark = raw.headers().get(Wire.ORIGIN);
    int slash = mark == null ? -1 : mark.indexOf('/');
    if (mark == null || slash < 1) {
      return null;
    }
    try {
      return new OriginMark(
          Integer.parseInt(mark, 0, slash, 10), Long.parseLong(mark, slash + 1, mark.length(), 10));
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
