package dev.skein.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** {@link ScalarMath} with vectors: the same operations in the same order. */
final class VectorMath {
  private VectorMath() {}

  static FloatVector exp(FloatVector x) {
    FloatVector c = x.max(ScalarMath.EXP_MIN).min(ScalarMath.EXP_MAX);
    FloatVector rounded = c.fma(Lanes.floats(ScalarMath.LOG2_E), Lanes.floats(ScalarMath.ROUND));
    FloatVector n = rounded.sub(ScalarMath.ROUND);
    FloatVector r = n.fma(Lanes.floats(-ScalarMath.LN2_HIGH), c);
    r = n.fma(Lanes.floats(-ScalarMath.LN2_LOW), r);
    FloatVector p = r.fma(Lanes.floats(ScalarMath.E5), Lanes.floats(ScalarMath.E4));
    p = p.fma(r, Lanes.floats(ScalarMath.E3));
    p = p.fma(r, Lanes.floats(ScalarMath.E2));
    p = p.fma(r, Lanes.floats(ScalarMath.E1));
    p = p.fma(r, Lanes.floats(ScalarMath.E0));
    FloatVector e = p.fma(r.mul(r), r).add(1);
    IntVector power = rounded.reinterpretAsInts().sub(ScalarMath.ROUND_BITS);
    IntVector half = power.lanewise(VectorOperators.ASHR, 1);
    return e.mul(power(half)).mul(power(power.sub(half)));
  }

  private static FloatVector power(IntVector n) {
    return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  static FloatVector sigmoid(FloatVector x) {
    return Lanes.floats(1).div(exp(x.neg()).add(1));
  }

  static FloatVector tanh(FloatVector x) {
    FloatVector size = x.abs();
    FloatVector z = x.mul(x);
    FloatVector p = z.fma(Lanes.floats(ScalarMath.T4), Lanes.floats(ScalarMath.T3));
    p = p.fma(z, Lanes.floats(ScalarMath.T2));
    p = p.fma(z, Lanes.floats(ScalarMath.T1));
    p = p.fma(z, Lanes.floats(ScalarMath.T0));
    FloatVector small = p.mul(z).fma(x, x);
    FloatVector large = Lanes.floats(1).sub(Lanes.floats(2).div(exp(size.add(size)).add(1)));
    IntVector sign = x.reinterpretAsInts().and(Integer.MIN_VALUE);
    FloatVector signed = large.reinterpretAsInts().or(sign).reinterpretAsFloats();
    VectorMask<Float> isSmall = size.lt(ScalarMath.TANH_SMALL);
    return signed.blend(small, isSmall);
  }

  static FloatVector squaredRelu(FloatVector x) {
    FloatVector positive = x.max(0);
    return positive.mul(positive);
  }
}
