package dev.skein.model;

import java.util.Locale;

/** How the large matrices are held and multiplied. */
public enum Quantization {
  /** As published, widened to fp32; fp32 sums in one fixed order. */
  FP32("fp32"),
  /** Weights of 8 bits with a scale per output row, activations of 16 bits, exact integer sums. */
  INT8("int8");

  private final String title;

  Quantization(String title) {
    this.title = title;
  }

  /** The name on the command line: "fp32" or "int8". */
  public String title() {
    return title;
  }

  /**
   * Reads "fp32" (or "f32"), "int8" or "q8".
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Quantization parse(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "fp32", "f32" -> FP32;
      case "int8", "q8" -> INT8;
      default ->
          throw new IllegalArgumentException(
              "unknown quantisation '" + text + "': use fp32 or int8 (also called q8)");
    };
  }
}
