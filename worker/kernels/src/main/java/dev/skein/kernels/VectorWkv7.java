package dev.skein.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * The RWKV-7 recurrence with a lane per value index: no sum crosses lanes. The first pass over the
 * keys finds what is taken out and leaves it, negated, where the result will stand; the second
 * changes the state and reads it; a head of 64 stays in the first cache between them. Both passes
 * in one method would be more than the compiler takes apart.
 */
final class VectorWkv7 {
  private VectorWkv7() {}

  private static FloatVector load(MemorySegment state, long offset) {
    return FloatVector.fromMemorySegment(Lanes.FLOATS, state, offset, ByteOrder.LITTLE_ENDIAN);
  }

  private static void store(FloatVector s, MemorySegment state, long offset) {
    s.intoMemorySegment(state, offset, ByteOrder.LITTLE_ENDIAN);
  }

  static void takenOne(Wkv7Row row, int from, int size, int i, MemorySegment state, long offset) {
    long stride = size * 4L;
    FloatVector taken = FloatVector.zero(Lanes.FLOATS);
    for (int j = 0; j < size; j++) {
      taken = load(state, offset + j * stride).fma(Lanes.floats(row.kk()[from + j]), taken);
    }
    taken.neg().intoArray(row.y(), from + i);
  }

  static void takenFour(Wkv7Row row, int from, int size, int i, MemorySegment state, long offset) {
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
    float[] ys = row.y();
    t0.neg().intoArray(ys, from + i);
    t1.neg().intoArray(ys, from + i + Lanes.V);
    t2.neg().intoArray(ys, from + i + 2 * Lanes.V);
    t3.neg().intoArray(ys, from + i + 3 * Lanes.V);
  }

  static void changeOne(Wkv7Row row, int from, int size, int i, MemorySegment state, long offset) {
    long stride = size * 4L;
    FloatVector taken = FloatVector.fromArray(Lanes.FLOATS, row.y(), from + i);
    FloatVector v = FloatVector.fromArray(Lanes.FLOATS, row.v(), from + i);
    FloatVector y = FloatVector.zero(Lanes.FLOATS);
    for (int j = 0; j < size; j++) {
      long at = offset + j * stride;
      FloatVector w = Lanes.floats(row.w()[from + j]);
      FloatVector b = Lanes.floats(row.b()[from + j]);
      FloatVector k = Lanes.floats(row.k()[from + j]);
      FloatVector s = load(state, at).fma(w, taken.fma(b, v.mul(k)));
      store(s, state, at);
      y = s.fma(Lanes.floats(row.r()[from + j]), y);
    }
    y.intoArray(row.y(), from + i);
  }

  static void changeTwo(Wkv7Row row, int from, int size, int i, MemorySegment state, long offset) {
    long stride = size * 4L;
    long next = Lanes.V * 4L;
    FloatVector t0 = FloatVector.fromArray(Lanes.FLOATS, row.y(), from + i);
    FloatVector t1 = FloatVector.fromArray(Lanes.FLOATS, row.y(), from + i + Lanes.V);
    FloatVector v0 = FloatVector.fromArray(Lanes.FLOATS, row.v(), from + i);
    FloatVector v1 = FloatVector.fromArray(Lanes.FLOATS, row.v(), from + i + Lanes.V);
    FloatVector y0 = FloatVector.zero(Lanes.FLOATS);
    FloatVector y1 = y0;
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
      FloatVector s0 = load(state, at).fma(w, t0.fma(b, v0.mul(k)));
      store(s0, state, at);
      y0 = s0.fma(r, y0);
      FloatVector s1 = load(state, at + next).fma(w, t1.fma(b, v1.mul(k)));
      store(s1, state, at + next);
      y1 = s1.fma(r, y1);
    }
    y0.intoArray(row.y(), from + i);
    y1.intoArray(row.y(), from + i + Lanes.V);
  }
}
