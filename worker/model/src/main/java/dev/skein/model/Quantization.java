package dev.skein.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How the large matrices are held and multiplied. */
public enum Quantization {
  /** As published, widened to fp32; fp32 sums in one fixed order. */
  FP32("fp32", "f32", false),
  /** Rounded to the upper half of fp32, if they are not stored so; the sums are those of fp32. */
  BF16("bf16", "bf16", false),
  /** Rounded to binary16, if they are not stored so; the sums are those of fp32. */
  FP16("fp16", "f16", false),
  /** Weights of 8 bits with a scale per output row, activations of 16 bits, exact integer sums. */
  INT8("int8", "q8", true),
  /**
   * Weights of 4 bits with a scale for each 32 of an output row, activations of 16 bits, exact
   * integer sums.
   */
  INT4("int4", "q4", true);

  private final String title;
  private final String alias;
  private final boolean whole;

  Quantization(String title, String alias, boolean whole) {
    this.title = title;
    this.alias = alias;
    this.whole = whole;
  }

  /** The name on the command line: "fp32", "bf16", "fp16", "int8" or "int4". */
  public String title() {
    return title;
  }

  /** Whether products take whole numbers, so that activations are quantised before them. */
  public boolean quantizesActivations() {
    return whole;
  }

  /**
   * Reads a title, or "f32", "f16", "q8" or "q4".
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Quantization parse(String text) {
    String wanted = text.toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(q -> q.title.equals(wanted) || q.alias.equals(wanted))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException("unknown quantisation '" + text + "': use " + titles()));
  }

  /** All titles for a message: "fp32, bf16, …". */
  public static String titles() {
    return Arrays.stream(values()).map(Quantization::title).collect(Collectors.joining(", "));
  }
}
