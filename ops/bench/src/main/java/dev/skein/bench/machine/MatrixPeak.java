package dev.skein.bench.machine;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Int8Matrix;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.ProductScratch;
import dev.skein.kernels.Rows;
import dev.skein.kernels.WorkerPool;
import dev.skein.kernels.WorkerPool.Phase;
import java.lang.foreign.Arena;

/**
 * How fast these kernels multiply when memory is no limit: every thread has an int8 matrix that its
 * cache holds, and multiplies it with many rows. The ceiling of prefill and of many sessions, as
 * bandwidth is that of few.
 */
public final class MatrixPeak {
  private static final int OUTPUTS = 256;
  private static final int INPUTS = 1024;
  private static final int COUNT = 128;
  private static final int REPEATS = 32;

  private final Kernels kernels;
  private final Int8Matrix matrix;
  private final Activations[] inputs;
  private final Rows[] outputs;
  private final ProductScratch[] scratch;

  private MatrixPeak(Kernels kernels, Arena arena, WorkerPool workers, int parts) {
    this.kernels = kernels;
    matrix =
        Int8Matrix.pack(
            arena,
            OUTPUTS,
            INPUTS,
            (row, out) -> {
              for (int i = 0; i < INPUTS; i++) {
                out[i] = (row + 3 * i) % 17 - 8;
              }
            },
            workers);
    inputs = new Activations[parts];
    outputs = new Rows[parts];
    scratch = new ProductScratch[parts];
    for (int p = 0; p < parts; p++) {
      inputs[p] = new Activations(arena, COUNT, INPUTS, true);
      for (int row = 0; row < COUNT; row++) {
        for (int i = 0; i < INPUTS; i++) {
          inputs[p].rows().set(row, i, (row * 5 + i) % 11 - 5);
        }
      }
      kernels.quantize(inputs[p], 0, COUNT);
      outputs[p] = new Rows(arena, COUNT, OUTPUTS);
      scratch[p] = new ProductScratch();
    }
  }

  /**
   * The best of many rounds, in operations a second: a multiplication and an addition for each
   * weight and row. That each product is made of two planes of the activations is not counted.
   *
   * @param workers whose threads multiply
   * @param seconds how long to try
   */
  public static double measure(Kernels kernels, WorkerPool workers, double seconds) {
    int[] parts = {0};
    workers.run(parts, (counted, part, all) -> counted[0] = all);
    try (Arena arena = Arena.ofShared()) {
      MatrixPeak peak = new MatrixPeak(kernels, arena, workers, parts[0]);
      Phase<MatrixPeak> round = MatrixPeak::multiply;
      long best = Long.MAX_VALUE;
      long began = System.nanoTime();
      while (best == Long.MAX_VALUE || System.nanoTime() - began < seconds * 1e9) {
        long from = System.nanoTime();
        workers.run(peak, round);
        best = Math.min(best, System.nanoTime() - from);
      }
      return 2.0 * OUTPUTS * INPUTS * COUNT * REPEATS * parts[0] * 1e9 / best;
    }
  }

  private void multiply(int part, int parts) {
    for (int i = 0; i < REPEATS; i++) {
      kernels.multiply(
          matrix, inputs[part], COUNT, outputs[part], 0, matrix.panels(), scratch[part]);
    }
  }
}
