package dev.skein.kernels;

import java.util.Locale;

/** What the C kernels are written for, the fastest first. Each includes those after it. */
enum InstructionSet {
  /** Tiles of bytes, on Intel servers since 2023. */
  AMX(4),
  /** AVX-512 with dot products of bytes. */
  VNNI(2),
  /** AVX2 with FMA and F16C. */
  AVX2(1);

  private final int feature;

  InstructionSet(int feature) {
    this.feature = feature;
  }

  /** Whether it is among the features that the library found. */
  boolean in(int features) {
    return (features & feature) != 0;
  }

  /** What C functions take for it. */
  int feature() {
    return feature;
  }

  /** "amx", "vnni" or "avx2". */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
