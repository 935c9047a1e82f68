package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this JVM: what the machine prefers, at most 512 bits (a panel has sixteen
 * rows), or less if the system property {@code skein.vector.bits} asks for it. Results do not
 * depend on it.
 */
final class Lanes {
  static final int BITS =
      Math.min(
          Math.min(512, Integer.getInteger("skein.vector.bits", 512)),
          FloatVector.SPECIES_PREFERRED.vectorBitSize());

  static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));
  static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, VectorShape.forBitSize(BITS));
  static final VectorSpecies<Double> DOUBLES =
      VectorSpecies.of(double.class, VectorShape.forBitSize(BITS));

  /** As many ints as {@link #DOUBLES} has lanes. */
  static final VectorSpecies<Integer> HALF_INTS =
      VectorSpecies.of(int.class, VectorShape.forBitSize(Math.max(64, BITS / 2)));

  /** As many shorts as {@link #INTS} has lanes. */
  static final VectorSpecies<Short> HALF_SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(BITS / 2));

  /** At least as many bytes as {@link #INTS} has lanes. */
  static final VectorSpecies<Byte> QUARTER_BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, BITS / 4)));

  /** Lanes of floats and ints. */
  static final int V = FLOATS.length();

  /** Lanes of doubles. */
  static final int D = DOUBLES.length();

  private Lanes() {}

  /** The floats at an offset in bytes. */
  static FloatVector load(MemorySegment x, long at) {
    return FloatVector.fromMemorySegment(FLOATS, x, at, ByteOrder.LITTLE_ENDIAN);
  }

  static FloatVector load(MemorySegment x, long at, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, x, at, ByteOrder.LITTLE_ENDIAN, mask);
  }

  static void store(FloatVector value, MemorySegment x, long at) {
    value.intoMemorySegment(x, at, ByteOrder.LITTLE_ENDIAN);
  }

  static void store(FloatVector value, MemorySegment x, long at, VectorMask<Float> mask) {
    value.intoMemorySegment(x, at, ByteOrder.LITTLE_ENDIAN, mask);
  }

  static FloatVector floats(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  static DoubleVector doubles(double value) {
    return DoubleVector.broadcast(DOUBLES, value);
  }

  static IntVector ints(int value) {
    return IntVector.broadcast(INTS, value);
  }
}
