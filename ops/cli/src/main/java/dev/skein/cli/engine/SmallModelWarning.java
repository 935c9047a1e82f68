package dev.skein.cli.engine;

import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import java.io.PrintWriter;

/** Small models have little to spare: four bits cost them much. */
final class SmallModelWarning {
  private static final long SMALL = 500_000_000;

  private SmallModelWarning() {}

  /** A line on {@code err} for a model of 0.4B or less in int4. */
  static void print(Rwkv rwkv, PrintWriter err) {
    ModelConfig c = rwkv.config();
    long block = 4L * c.width() * c.width() + 2L * c.width() * c.ffnWidth();
    long parameters = 2L * c.vocabulary() * c.width() + c.layers() * block;
    if (rwkv.quantization() == Quantization.INT4 && parameters < SMALL) {
      err.printf(
          "warning: int4 costs a model of %d million parameters much of its quality; int8 costs next to"
              + " nothing%n",
          parameters / 1_000_000);
      err.flush();
    }
  }
}
