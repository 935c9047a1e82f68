package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * The recurrence of RWKV-5 and 6 with a lane per value index: no sum crosses lanes, and every
 * element of the state is read and written once.
 */
final class VectorWkv6 {
  private VectorWkv6() {}

  private static FloatVector load(MemorySegment state, long offset) {
    return FloatVector.fromMemorySegment(Lanes.FLOATS, state, offset, ByteOrder.LITTLE_ENDIAN);
  }

  private static void store(FloatVector s, MemorySegment state, long offset) {
    s.intoMemorySegment(state, offset, ByteOrder.LITTLE_ENDIAN);
  }

  static void oneVector(Wkv6Row row, int from, int size, int j, MemorySegment state, long offset) {
    FloatVector v = FloatVector.fromArray(Lanes.FLOATS, row.v(), from + j);
    FloatVector y = FloatVector.zero(Lanes.FLOATS);
    long at = offset;
    for (int i = from; i < from + size; i++, at += size * 4L) {
      FloatVector s = load(state, at);
      y = s.fma(Lanes.floats(row.r()[i]), y);
      store(s.fma(Lanes.floats(row.w()[i]), v.mul(row.k()[i])), state, at);
    }
    y.intoArray(row.y(), from + j);
  }

  static void fourVectors(
      Wkv6Row row, int from, int size, int j, MemorySegment state, long offset) {
    long next = Lanes.V * 4L;
    float[] vs = row.v();
    FloatVector v0 = FloatVector.fromArray(Lanes.FLOATS, vs, from + j);
    FloatVector v1 = FloatVector.fromArray(Lanes.FLOATS, vs, from + j + Lanes.V);
    FloatVector v2 = FloatVector.fromArray(Lanes.FLOATS, vs, from + j + 2 * Lanes.V);
    FloatVector v3 = FloatVector.fromArray(Lanes.FLOATS, vs, from + j + 3 * Lanes.V);
    FloatVector y0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector y1 = y0;
    FloatVector y2 = y0;
    FloatVector y3 = y0;
    float[] rs = row.r();
    float[] ws = row.w();
    float[] ks = row.k();
    long at = offset;
    for (int i = from; i < from + size; i++, at += size * 4L) {
      FloatVector r = Lanes.floats(rs[i]);
      FloatVector w = Lanes.floats(ws[i]);
      FloatVector k = Lanes.floats(ks[i]);
      FloatVector s0 = load(state, at);
      y0 = s0.fma(r, y0);
      store(s0.fma(w, v0.mul(k)), state, at);
      FloatVector s1 = load(state, at + next);
      y1 = s1.fma(r, y1);
      store(s1.fma(w, v1.mul(k)), state, at + next);
      FloatVector s2 = load(state, at + 2 * next);
      y2 = s2.fma(r, y2);
      store(s2.fma(w, v2.mul(k)), state, at + 2 * next);
      FloatVector s3 = load(state, at + 3 * next);
      y3 = s3.fma(r, y3);
      store(s3.fma(w, v3.mul(k)), state, at + 3 * next);
    }
    float[] ys = row.y();
    y0.intoArray(ys, from + j);
    y1.intoArray(ys, from + j + Lanes.V);
    y2.intoArray(ys, from + j + 2 * Lanes.V);
    y3.intoArray(ys, from + j + 3 * Lanes.V);
  }
}
