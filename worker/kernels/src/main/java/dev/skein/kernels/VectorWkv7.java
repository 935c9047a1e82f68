package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * The RWKV-7 recurrence with a lane per value index: no sum crosses lanes. The first pass over the
 * keys finds what is taken out, the second changes the state and reads it; a head of 64 stays in
 * the first cache between them.
 */
final class VectorWkv7 {
  private VectorWkv7() {}

  private static FloatVector load(MemorySegment state, long offset) {
    return FloatVector.fromMemorySegment(Lanes.FLOATS, state, offset, ByteOrder.LITTLE_ENDIAN);
  }

  private static void store(FloatVector s, MemorySegment state, long offset) {
    s.intoMemorySegment(state, offset, ByteOrder.LITTLE_ENDIAN);
  }

  private static FloatVector step(
      FloatVector s,
      FloatVector w,
      FloatVector taken,
      FloatVector b,
      FloatVector v,
      FloatVector k) {
    return s.fma(w, taken.fma(b, v.mul(k)));
  }

  static void oneVector(Wkv7Row row, int from, int size, int i, MemorySegment state, long offset) {
    long stride = size * 4L;
    FloatVector taken = FloatVector.zero(Lanes.FLOATS);
    for (int j = 0; j < size; j++) {
      taken = load(state, offset + j * stride).fma(Lanes.floats(row.kk()[from + j]), taken);
    }
    taken = taken.neg();
    FloatVector v = FloatVector.fromArray(Lanes.FLOATS, row.v(), from + i);
    FloatVector y = FloatVector.zero(Lanes.FLOATS);
    for (int j = 0; j < size; j++) {
      long at = offset + j * stride;
      FloatVector w = Lanes.floats(row.w()[from + j]);
      FloatVector b = Lanes.floats(row.b()[from + j]);
      FloatVector k = Lanes.floats(row.k()[from + j]);
      FloatVector s = step(load(state, at), w, taken, b, v, k);
      store(s, state, at);
      y = s.fma(Lanes.floats(row.r()[from + j]), y);
    }
    y.intoArray(row.y(), from + i);
  }

  static void fourVectors(
      Wkv7Row row, int from, int size, int i, MemorySegment state, long offset) {
    long stride = size * 4L;
    long next = Lanes.V * 4L;
    float[] kks = row.kk();
    FloatVector t0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector t1 = t0;
    FloatVector t2 = t0;
    FloatVector t3 = t0;
    for (int j = 0; j < size; j++) {
      long at = offset + j * stride;
      FloatVector kk = Lanes.floats(kks[from + j]);
      t0 = load(state, at).fma(kk, t0);
      t1 = load(state, at + next).fma(kk, t1);
      t2 = load(state, at + 2 * next).fma(kk, t2);
      t3 = load(state, at + 3 * next).fma(kk, t3);
    }
    t0 = t0.neg();
    t1 = t1.neg();
    t2 = t2.neg();
    t3 = t3.neg();
    float[] vs = row.v();
    FloatVector v0 = FloatVector.fromArray(Lanes.FLOATS, vs, from + i);
    FloatVector v1 = FloatVector.fromArray(Lanes.FLOATS, vs, from + i + Lanes.V);
    FloatVector v2 = FloatVector.fromArray(Lanes.FLOATS, vs, from + i + 2 * Lanes.V);
    FloatVector v3 = FloatVector.fromArray(Lanes.FLOATS, vs, from + i + 3 * Lanes.V);
    FloatVector y0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector y1 = y0;
    FloatVector y2 = y0;
    FloatVector y3 = y0;
    float[] ws = row.w();
    float[] bs = row.b();
    float[] ks = row.k();
    float[] rs = row.r();
    for (int j = 0; j < size; j++) {
      long at = offset + j * stride;
      FloatVector w = Lanes.floats(ws[from + j]);
      FloatVector b = Lanes.floats(bs[from + j]);
      FloatVector k = Lanes.floats(ks[from + j]);
      FloatVector r = Lanes.floats(rs[from + j]);
      FloatVector s0 = step(load(state, at), w, t0, b, v0, k);
      store(s0, state, at);
      y0 = s0.fma(r, y0);
      FloatVector s1 = step(load(state, at + next), w, t1, b, v1, k);
      store(s1, state, at + next);
      y1 = s1.fma(r, y1);
      FloatVector s2 = step(load(state, at + 2 * next), w, t2, b, v2, k);
      store(s2, state, at + 2 * next);
      y2 = s2.fma(r, y2);
      FloatVector s3 = step(load(state, at + 3 * next), w, t3, b, v3, k);
      store(s3, state, at + 3 * next);
      y3 = s3.fma(r, y3);
    }
    float[] ys = row.y();
    y0.intoArray(ys, from + i);
    y1.intoArray(ys, from + i + Lanes.V);
    y2.intoArray(ys, from + i + 2 * Lanes.V);
    y3.intoArray(ys, from + i + 3 * Lanes.V);
  }
}
