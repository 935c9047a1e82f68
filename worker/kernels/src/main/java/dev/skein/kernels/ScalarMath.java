package dev.skein.kernels;

/**
 * The elementary functions, by polynomials, so that every backend has the same bits. The constants
 * are those of the Cephes library's single precision functions.
 */
final class ScalarMath {
  static final float LOG2_E = 1.442695f;
  static final float LN2_HIGH = 0.6933594f;
  static final float LN2_LOW = -0.00021219444f;
  static final float EXP_MIN = -104;
  static final float EXP_MAX = 89;
  static final float E5 = 0.00019875691f;
  static final float E4 = 0.0013981999f;
  static final float E3 = 0.008333452f;
  static final float E2 = 0.041665796f;
  static final float E1 = 0.16666666f;
  static final float E0 = 0.5f;

  /** Adding and subtracting it rounds to the nearest whole number, ties to even. */
  static final float ROUND = 12582912f;

  static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  static final float TANH_SMALL = 0.625f;
  static final float T4 = -0.0057049887f;
  static final float T3 = 0.020639088f;
  static final float T2 = -0.053739715f;
  static final float T1 = 0.13331442f;
  static final float T0 = -0.3333328f;

  /** {@code -e^(-1/2)}: the largest decay rate of RWKV-7. */
  static final float DECAY = -0.60653067f;

  private ScalarMath() {}

  static float exp(float x) {
    float c = Math.min(Math.max(x, EXP_MIN), EXP_MAX);
    float rounded = Math.fma(c, LOG2_E, ROUND);
    float n = rounded - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, c));
    float p = Math.fma(E5, r, E4);
    p = Math.fma(p, r, E3);
    p = Math.fma(p, r, E2);
    p = Math.fma(p, r, E1);
    p = Math.fma(p, r, E0);
    float e = Math.fma(p, r * r, r) + 1;
    // 2^n in two factors: n reaches from -150 (subnormal results) to 128
    int power = Float.floatToRawIntBits(rounded) - ROUND_BITS;
    int half = power >> 1;
    return e * power(half) * power(power - half);
  }

  private static float power(int n) {
    return Float.intBitsToFloat((n + 127) << 23);
  }

  static float sigmoid(float x) {
    return 1 / (1 + exp(-x));
  }

  static float tanh(float x) {
    float size = Math.abs(x);
    if (size < TANH_SMALL) {
      float z = x * x;
      float p = Math.fma(T4, z, T3);
      p = Math.fma(p, z, T2);
      p = Math.fma(p, z, T1);
      p = Math.fma(p, z, T0);
      return Math.fma(p * z, x, x);
    }
    return Math.copySign(1 - 2 / (exp(size + size) + 1), x);
  }

  static float decay(float x) {
    return exp(DECAY * sigmoid(x));
  }
}
