package dev.skein.worker.shard;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * Which requests of a partition are done. Turns finish out of order, so the watermark alone would
 * not tell: above it stands a window of finished offsets. Offsets have gaps (transaction markers),
 * so nothing here counts by one.
 */
final class OffsetWindow {

  private final TreeSet<Long> open = new TreeSet<>();
  private final TreeSet<Long> finished = new TreeSet<>();
  private long next;

  /**
   * @param watermark the lowest offset that is not done
   * @param finished offsets above it that are done
   */
  OffsetWindow(long watermark, Collection<Long> finished) {
    this.next = watermark;
    this.finished.addAll(finished);
  }

  /** This owner has read this far, or an earlier one was done with everything up to there. */
  boolean wasRead(long offset) {
    return offset < next;
  }

  /** Takes note of a record; false if it was done by an earlier owner or was read before. */
  boolean read(long offset) {
    if (offset < next) {
      return false;
    }
    next = offset + 1;
    if (finished.contains(offset)) {
      trim();
      return false;
    }
    open.add(offset);
    return true;
  }

  /** The request at this offset is done. */
  void finish(long offset) {
    if (open.remove(offset)) {
      finished.add(offset);
      trim();
    }
  }

  /** True if an earlier owner, or this one, finished the request. */
  boolean isDone(long offset) {
    return offset < watermark() || finished.contains(offset);
  }

  /** The lowest offset that is not done. */
  long watermark() {
    return open.isEmpty() ? next : open.first();
  }

  /** Finished offsets at or above the watermark, rising. */
  List<Long> finished() {
    return List.copyOf(finished);
  }

  /** How many finished offsets the window holds. */
  int width() {
    return finished.size();
  }

  /** Offsets that are done lie ahead: who stops reading here might never get to an open one. */
  boolean isCatchingUp() {
    return !finished.isEmpty() && finished.last() >= next;
  }

  private void trim() {
    finished.headSet(watermark()).clear();
  }
}
