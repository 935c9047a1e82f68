package dev.skein.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The two halves of the RWKV-4 recurrence, with one exponential in each loop. */
final class VectorWkv4 {
  private VectorWkv4() {}

  /** {@code y} from the state as it is; elements {@code i .. to}. */
  static void read(Wkv4Row row, Wkv4State state, float[] first, int i, int to) {
    int at = i;
    for (; at <= to - Lanes.V; at += Lanes.V) {
      FloatVector d = load(state.m(), at).sub(load(first, at).add(load(row.k(), at)));
      FloatVector e = VectorMath.exp(d.abs().neg());
      VectorMask<Float> older = d.compare(VectorOperators.GE, 0);
      FloatVector e1 = e.blend(1, older);
      FloatVector e2 = Lanes.floats(1).blend(e, older);
      FloatVector above = e1.fma(load(state.a(), at), e2.mul(load(row.v(), at)));
      above.div(e1.fma(load(state.b(), at), e2)).intoArray(row.y(), at);
    }
    if (at < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(at, to);
      FloatVector now = load(first, at, rest).add(load(row.k(), at, rest));
      FloatVector d = load(state.m(), at, rest).sub(now);
      FloatVector e = VectorMath.exp(d.abs().neg());
      VectorMask<Float> older = d.compare(VectorOperators.GE, 0);
      FloatVector e1 = e.blend(1, older);
      FloatVector e2 = Lanes.floats(1).blend(e, older);
      FloatVector above = e1.fma(load(state.a(), at, rest), e2.mul(load(row.v(), at, rest)));
      above.div(e1.fma(load(state.b(), at, rest), e2)).intoArray(row.y(), at, rest);
    }
  }

  /** The state after the token; elements {@code i .. to}. */
  static void advance(Wkv4Row row, Wkv4State state, float[] decay, int i, int to) {
    int at = i;
    for (; at <= to - Lanes.V; at += Lanes.V) {
      FloatVector k = load(row.k(), at);
      FloatVector faded = load(state.m(), at).add(load(decay, at));
      FloatVector d = faded.sub(k);
      FloatVector e = VectorMath.exp(d.abs().neg());
      VectorMask<Float> older = d.compare(VectorOperators.GE, 0);
      FloatVector e1 = e.blend(1, older);
      FloatVector e2 = Lanes.floats(1).blend(e, older);
      e1.fma(load(state.a(), at), e2.mul(load(row.v(), at))).intoArray(state.a(), at);
      e1.fma(load(state.b(), at), e2).intoArray(state.b(), at);
      faded.max(k).intoArray(state.m(), at);
    }
    if (at < to) {
      VectorMask<Float> rest = Lanes.FLOATS.indexInRange(at, to);
      FloatVector k = load(row.k(), at, rest);
      FloatVector faded = load(state.m(), at, rest).add(load(decay, at, rest));
      FloatVector d = faded.sub(k);
      FloatVector e = VectorMath.exp(d.abs().neg());
      VectorMask<Float> older = d.compare(VectorOperators.GE, 0);
      FloatVector e1 = e.blend(1, older);
      FloatVector e2 = Lanes.floats(1).blend(e, older);
      FloatVector a = e1.fma(load(state.a(), at, rest), e2.mul(load(row.v(), at, rest)));
      a.intoArray(state.a(), at, rest);
      e1.fma(load(state.b(), at, rest), e2).intoArray(state.b(), at, rest);
      faded.max(k).intoArray(state.m(), at, rest);
    }
  }

  private static FloatVector load(float[] x, int i) {
    return FloatVector.fromArray(Lanes.FLOATS, x, i);
  }

  private static FloatVector load(float[] x, int i, VectorMask<Float> mask) {
    return FloatVector.fromArray(Lanes.FLOATS, x, i, mask);
  }
}
