package dev.skein.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The operations of a recurrent model on fp32 vectors. Every backend gives the same bits for the
 * same input: sums have one fixed order whatever the vector width (products: one output row at a
 * time, in the order of the columns; norms and dots: sixteen partial sums, element i to sum i mod
 * 16, then a balanced tree of neighbours), products and sums are fused only where it is written
 * {@code fma}, and the elementary functions are polynomials of our own. A result never depends on
 * other rows or on threads.
 *
 * <p>All operations are stateless and may run on any thread. Vectors are arrays that may be longer
 * than what is used of them. Ranges are {@code [from, from + n)}.
 */
public sealed interface Kernels permits ScalarKernels, VectorKernels {

  /** "scalar" or "vector". */
  String name();

  /** The plain Java reference. */
  static Kernels scalar() {
    return Backends.SCALAR;
  }

  /**
   * The Vector API backend.
   *
   * @throws IllegalStateException if this JVM cannot run it well; the message says why
   */
  static Kernels vector() {
    return Backends.vector();
  }

  /** The fastest backend of this JVM, chosen once. */
  static Kernels fastest() {
    return Backends.fastest();
  }

  /** A sentence that says which backend {@link #fastest} is, and why. */
  static String reason() {
    return Backends.reason();
  }

  /**
   * The backend of that name: "scalar", "vector" or "auto" (the fastest).
   *
   * @throws IllegalArgumentException for any other name
   * @throws IllegalStateException if this JVM does not have the backend; the message says why
   */
  static Kernels named(String name) {
    return switch (name) {
      case "scalar" -> scalar();
      case "vector" -> vector();
      case "auto" -> fastest();
      default ->
          throw new IllegalArgumentException(
              "unknown backend '" + name + "': use auto, vector or scalar");
    };
  }

  // ---- products

  /**
   * Quantises rows {@code from .. to} of {@code x} for products with an {@link Int8Matrix}: {@code
   * from} is a multiple of {@link Activations#BLOCK}. A row that holds NaN or an infinity becomes a
   * row of zeros with the scale NaN, so that all its products are NaN and no other row is touched.
   */
  void quantize(Activations x, int from, int to);

  /**
   * {@code y[t][n] = sum over k of m[n][k] x[t][k]} for rows {@code t < count} and the matrix rows
   * of panels {@code fromPanel .. toPanel}.
   *
   * @param x quantised before, if {@code m} is an {@link Int8Matrix}
   * @param scratch of this thread
   */
  void multiply(
      Matrix m,
      Activations x,
      int count,
      float[][] y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch);

  // ---- norms and sums

  /** {@code out = (x - mean) / sqrt(variance + eps) * weight + bias} over the whole weight. */
  void layerNorm(float[] x, float[] weight, float[] bias, float eps, float[] out);

  /** The same over one group of elements, in place. */
  void groupNorm(float[] x, float[] weight, float[] bias, float eps, int from, int n);

  /** Divides by the Euclidean norm, or by {@code minNorm} if that is larger. */
  void l2Normalize(float[] x, float minNorm, int from, int n);

  /** The sum of {@code a b c}. */
  float dot(float[] a, float[] b, float[] c, int from, int n);

  // ---- element by element

  /** {@code x += y}. */
  void add(float[] x, float[] y, int from, int n);

  /** {@code out = x * y}; {@code out} may be one of them. */
  void multiply(float[] x, float[] y, float[] out, int from, int n);

  /** {@code y = fma(s, x, y)}. */
  void addScaled(float[] y, float s, float[] x, int from, int n);

  /** {@code out = fma(other - x, amount, x)}; {@code out} may be one of them. */
  void mix(float[] x, float[] other, float[] amount, float[] out, int from, int n);

  /** {@code k = fma(k, (a - 1) * amount, k)}: the key of RWKV-7 after its in-context rate. */
  void scaleKey(float[] k, float[] a, float[] amount, int from, int n);

  /** {@code x = e^x}, correct to 2 units in the last place. */
  void exp(float[] x, int from, int n);

  /** {@code x = tanh(x)}. */
  void tanh(float[] x, int from, int n);

  /** {@code x = 1 / (1 + e^-x)}. */
  void sigmoid(float[] x, int from, int n);

  /** {@code x = sigmoid(bias + x)}. */
  void sigmoid(float[] bias, float[] x, int from, int n);

  /** {@code x = x * sigmoid(x)}. */
  void silu(float[] x, int from, int n);

  /** {@code x = max(x, 0)^2}. */
  void squaredRelu(float[] x, int from, int n);

  /** {@code x = exp(-e^(-1/2) sigmoid(bias + x))}: the decay of RWKV-7. */
  void decay(float[] bias, float[] x, int from, int n);

  /** {@code x = exp(-exp(bias + x))}: the decay of RWKV-6. */
  void doubleExp(float[] bias, float[] x, int from, int n);

  // ---- recurrences

  /**
   * One token of the RWKV-4 recurrence, element by element, in two halves. With {@code e1 = exp(m -
   * q)}, {@code e2 = exp(first + k - q)}, {@code q = max(m, first + k)}: {@code y = (e1 a + e2 v) /
   * (e1 b + e2)}. Then with {@code e1 = exp(m + decay - q)}, {@code e2 = exp(k - q)}, {@code q =
   * max(m + decay, k)}: {@code a = e1 a + e2 v}, {@code b = e1 b + e2}, {@code m = q}. So {@code m}
   * is a running maximum, and no exponential is ever above 1.
   *
   * @param decay what is added to the logarithm of the weights with each token, at most 0
   * @param first the bonus of the present token
   */
  void wkv4(Wkv4Row row, Wkv4State state, float[] decay, float[] first, int from, int n);

  /**
   * One token of one head of the recurrence of RWKV-5 and 6, without the bonus of the present
   * token. The head's state {@code S[key i][value j]} stands at {@code offset} bytes in {@code
   * state} and is changed: {@code y[j] = sum over i of S[i][j] r[i]} with the old state, then
   * {@code S[i][j] = fma(S[i][j], w[i], k[i] v[j])}; sums in the order of i. The head's elements of
   * the row begin at {@code head * size}.
   */
  void wkv6(Wkv6Row row, int head, int size, MemorySegment state, long offset);

  /**
   * One token of one head of the RWKV-7 recurrence. The head's state {@code S[key j][value i]}
   * stands at {@code offset} bytes in {@code state} and is changed: {@code t[i] = sum over j of
   * S[j][i] kk[j]}, {@code S[j][i] = fma(S[j][i], w[j], fma(-t[i], b[j], v[i] k[j]))}, {@code y[i]
   * = sum over j of S[j][i] r[j]} with the new state; sums in the order of j. The head's elements
   * of the row begin at {@code head * size}.
   */
  void wkv7(Wkv7Row row, int head, int size, MemorySegment state, long offset);
}
