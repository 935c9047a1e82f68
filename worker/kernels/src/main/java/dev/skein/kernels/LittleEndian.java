package dev.skein.kernels;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Layouts of what stands in an image beside the weights, at any address. */
final class LittleEndian {
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LittleEndian() {}
}
