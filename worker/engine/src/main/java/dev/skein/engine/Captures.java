package dev.skein.engine;

import dev.skein.engine.CaptureWish.Due;
import dev.skein.model.StateSlab;
import java.util.List;

/**
 * Tells midpoints. Sessions that began together are due together, and all their states at a time
 * would be more than a collector of young objects moves in passing: 32 of 2.4 MB stopped everything
 * for half a second. So of those that are due soon a step takes a sixteenth. What somebody waits
 * for is taken at once.
 */
final class Captures {
  private static final int SPREAD = 16;

  private Captures() {}

  /** At the end of a step. */
  static void take(List<Sequence> running, StateSlab slab) {
    int share = Math.ceilDiv(dueSoon(running), SPREAD);
    for (Sequence s : running) {
      Due due = s.captureDue();
      if (due == Due.AT_ONCE || (due == Due.SOON && share-- > 0)) {
        s.capture(slab);
      }
    }
  }

  private static int dueSoon(List<Sequence> running) {
    int due = 0;
    for (Sequence s : running) {
      due += s.captureDue() == Due.SOON ? 1 : 0;
    }
    return due;
  }
}
