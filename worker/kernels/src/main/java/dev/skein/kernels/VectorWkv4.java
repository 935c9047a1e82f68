package dev.skein.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The pieces of the RWKV-4 recurrence around its exponentials. They are small loops over arrays:
 * one loop for all would be more than the compiler takes apart, and it would then allocate every
 * vector.
 */
final class VectorWkv4 {
  private VectorWkv4() {}

  /** {@code out = a + b}. */
  static void sum(float[] a, float[] b, float[] out, int from, int to) {
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      load(a, i).add(load(b, i)).intoArray(out, i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      load(a, i, rest).add(load(b, i, rest)).intoArray(out, i, rest);
    }
  }

  /** {@code e1 = min(older - newer, 0)} and {@code e2 = min(newer - older, 0)}. */
  static void gap(float[] older, float[] newer, Wkv4State state, int from, int to) {
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      FloatVector d = load(older, i).sub(load(newer, i));
      d.min(0).intoArray(state.e1(), i);
      d.neg().min(0).intoArray(state.e2(), i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      FloatVector d = load(older, i, rest).sub(load(newer, i, rest));
      d.min(0).intoArray(state.e1(), i, rest);
      d.neg().min(0).intoArray(state.e2(), i, rest);
    }
  }

  /** {@code y = (e1 a + e2 v) / (e1 b + e2)}. */
  static void read(Wkv4Row row, Wkv4State state, int from, int to) {
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      FloatVector e1 = load(state.e1(), i);
      FloatVector e2 = load(state.e2(), i);
      FloatVector above = e1.fma(load(state.a(), i), e2.mul(load(row.v(), i)));
      above.div(e1.fma(load(state.b(), i), e2)).intoArray(row.y(), i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      FloatVector e1 = load(state.e1(), i, rest);
      FloatVector e2 = load(state.e2(), i, rest);
      FloatVector above = e1.fma(load(state.a(), i, rest), e2.mul(load(row.v(), i, rest)));
      above.div(e1.fma(load(state.b(), i, rest), e2)).intoArray(row.y(), i, rest);
    }
  }

  /** {@code a = e1 a + e2 v}, {@code b = e1 b + e2}, {@code m = max(m, k)}. */
  static void advance(Wkv4Row row, Wkv4State state, int from, int to) {
    int i = from;
    for (; i <= to - Lanes.V; i += Lanes.V) {
      FloatVector e1 = load(state.e1(), i);
      FloatVector e2 = load(state.e2(), i);
      e1.fma(load(state.a(), i), e2.mul(load(row.v(), i))).intoArray(state.a(), i);
      e1.fma(load(state.b(), i), e2).intoArray(state.b(), i);
      load(state.m(), i).max(load(row.k(), i)).intoArray(state.m(), i);
    }
    if (i < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(i, to);
      FloatVector e1 = load(state.e1(), i, rest);
      FloatVector e2 = load(state.e2(), i, rest);
      FloatVector a = e1.fma(load(state.a(), i, rest), e2.mul(load(row.v(), i, rest)));
      a.intoArray(state.a(), i, rest);
      e1.fma(load(state.b(), i, rest), e2).intoArray(state.b(), i, rest);
      load(state.m(), i, rest).max(load(row.k(), i, rest)).intoArray(state.m(), i, rest);
    }
  }

  private static FloatVector load(float[] x, int i) {
    return FloatVector.fromArray(Lanes.FLOATS, x, i);
  }

  private static FloatVector load(float[] x, int i, VectorMask<Float> mask) {
    return FloatVector.fromArray(Lanes.FLOATS, x, i, mask);
  }
}
