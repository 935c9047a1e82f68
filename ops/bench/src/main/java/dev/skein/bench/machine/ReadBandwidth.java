package dev.skein.bench.machine;

import dev.skein.kernels.WorkerPool;
import dev.skein.kernels.WorkerPool.Phase;
import java.util.Arrays;

/**
 * How fast the threads of a pool can read memory: each sums its own part of a buffer, again and
 * again. What fits a cache is read faster than what does not, so the buffer is as large as what it
 * is compared with.
 */
public final class ReadBandwidth {
  private static final int PIECE = 1 << 22;
  private static final long LEAST_BYTES = 1L << 20;
  private static final long MOST_BYTES = 2L << 30;

  private final long[][] pieces;
  private final long[] sums;

  private ReadBandwidth(long bytes) {
    long longs = bytes / Long.BYTES;
    pieces = new long[(int) ((longs + PIECE - 1) / PIECE)][];
    for (int i = 0; i < pieces.length; i++) {
      pieces[i] = new long[(int) Math.min(PIECE, longs - (long) i * PIECE)];
      Arrays.fill(pieces[i], i); // untouched pages would all be the same page of zeros
    }
    sums = new long[1024];
  }

  /**
   * The best of many passes over a buffer, in bytes a second: a ceiling, not a mean.
   *
   * @param bytes size of the buffer; brought into 1 MB … 2 GB
   * @param workers whose threads read; nothing else may run on them
   * @param seconds how long to try
   */
  public static double measure(long bytes, WorkerPool workers, double seconds) {
    ReadBandwidth reading = new ReadBandwidth(Math.clamp(bytes, LEAST_BYTES, MOST_BYTES));
    Phase<ReadBandwidth> pass = ReadBandwidth::read;
    long size = Arrays.stream(reading.pieces).mapToLong(p -> (long) p.length * Long.BYTES).sum();
    long best = Long.MAX_VALUE;
    long began = System.nanoTime();
    while (best == Long.MAX_VALUE || System.nanoTime() - began < seconds * 1e9) {
      long from = System.nanoTime();
      workers.run(reading, pass);
      best = Math.min(best, System.nanoTime() - from);
    }
    return size * 1e9 / best;
  }

  /** Each part reads its share of every piece, so that the threads walk side by side. */
  private void read(int part, int parts) {
    long sum = 0;
    for (long[] piece : pieces) {
      int from = (int) ((long) piece.length * part / parts);
      int to = (int) ((long) piece.length * (part + 1) / parts);
      sum += sum(piece, from, to);
    }
    sums[part % sums.length] = sum; // so that nothing is left out as useless
  }

  /** Four walks at once: one alone does not keep enough reads under way. */
  private static long sum(long[] values, int from, int to) {
    int quarter = (to - from) / 4;
    int second = from + quarter;
    int third = second + quarter;
    int fourth = third + quarter;
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (int i = 0; i < quarter; i++) {
      a += values[from + i];
      b += values[second + i];
      c += values[third + i];
      d += values[fourth + i];
    }
    return a + b + c + d;
  }
}
