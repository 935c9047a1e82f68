package dev.skein.kernels;

import java.util.List;

/**
 * The operations of a recurrent model on rows of fp32 numbers. Every backend gives the same bits
 * for the same input: sums have one fixed order whatever the vector width (products: one output row
 * at a time, in the order of the columns; norms and dots: sixteen partial sums, element i to sum i
 * mod 16, then a balanced tree of neighbours), products and sums are fused only where it is written
 * {@code fma}, and the elementary functions are polynomials of our own. A result never depends on
 * other rows or on threads.
 *
 * <p>All operations are stateless and may run on any thread. Ranges of columns are {@code [from,
 * from + n)}.
 *
 * <p>A backend from elsewhere is a service of this type. It may own its memory, as a device does:
 * matrices never change, so it may keep copies of them; of activations it may keep the form that
 * {@link #quantize} makes, which nobody else reads; all else it takes from the rows and states that
 * an operation names and leaves there before it returns.
 */
public interface Kernels {

  /**
   * "scalar", "vector", "native-amx", "native-vnni", "native-avx2", or what a backend from
   * elsewhere calls itself; {@link #named} takes it.
   */
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

  /**
   * The fastest backend of this JVM, chosen once; or the one that the environment variable {@code
   * SKEIN_BACKEND} names.
   *
   * @throws IllegalArgumentException if that is no name of a backend
   * @throws IllegalStateException if that backend cannot be used; the message says why
   */
  static Kernels fastest() {
    return Backends.fastest();
  }

  /** Every backend that can be used here, the reference first. */
  static List<Kernels> usable() {
    return Backends.usable();
  }

  /** A sentence that says which backend {@link #fastest} is, and why. */
  static String reason() {
    return Backends.reason();
  }

  /**
   * The backend of that name: "auto" (the {@link #fastest}), "native" (kernels in C for the best
   * instruction set of this machine), "native-amx", "native-vnni" or "native-avx2" (for one of
   * them), "vector" or "scalar"; or a backend from elsewhere by its own name.
   *
   * @throws IllegalArgumentException for any other name
   * @throws IllegalStateException if the backend cannot be used here; the message says why
   */
  static Kernels named(String name) {
    return switch (name) {
      case "auto" -> fastest();
      case "native" -> Backends.ofLibrary();
      case "native-amx" -> Backends.ofLibrary(InstructionSet.AMX);
      case "native-vnni" -> Backends.ofLibrary(InstructionSet.VNNI);
      case "native-avx2" -> Backends.ofLibrary(InstructionSet.AVX2);
      case "vector" -> vector();
      case "scalar" -> scalar();
      default -> Backends.fromElsewhere(name);
    };
  }

  // ---- products

  /**
   * Quantises rows {@code from .. to} of {@code x} for products with an {@link Int8Matrix} or
   * {@link Int4Matrix}: {@code from} is a multiple of {@link Activations#BLOCK}. A row that holds
   * NaN or an infinity becomes a row of zeros with the scale NaN, so that all its products are NaN
   * and no other row is touched.
   */
  void quantize(Activations x, int from, int to);

  /**
   * {@code y[t][n] = sum over k of m[n][k] x[t][k]} for rows {@code t < count} and the matrix rows
   * of panels {@code fromPanel .. toPanel}.
   *
   * @param x quantised before, if {@code m} is an {@link Int8Matrix} or {@link Int4Matrix}
   * @param scratch of this thread
   */
  void multiply(
      Matrix m,
      Activations x,
      int count,
      Rows y,
      int fromPanel,
      int toPanel,
      ProductScratch scratch);

  // ---- rows

  /** {@code x += y}, of one row. */
  void add(Rows x, Rows y, int row);

  /**
   * {@code out = (x - mean) / sqrt(variance + eps) * weight + bias} over a whole row; {@code out}
   * may be {@code x}.
   */
  void layerNorm(Rows x, int row, Norm norm, Rows out, int outRow);

  /**
   * The token shift of one row: for every j {@code outs[j] = fma(previous - x, amounts[j], x)}.
   *
   * @param amounts row j of output j
   */
  void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] outs);

  /**
   * The token shift with amounts of the token's own: for every j {@code outs[j] = fma(previous - x,
   * changes[j] + amounts[j], x)}.
   *
   * @param amounts row j of output j
   */
  void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] changes, Rows[] outs);

  // ---- element by element

  /** {@code x = tanh(x)}. */
  void tanh(Rows x, int row, int from, int n);

  /** {@code x = 1 / (1 + e^-x)}. */
  void sigmoid(Rows x, int row, int from, int n);

  /** {@code x = max(x, 0)^2}. */
  void squaredRelu(Rows x, int row, int from, int n);

  /** {@code x = x * sigmoid(gate)}, of one row. */
  void gate(Rows x, Rows gate, int row);

  // ---- distributions, on arrays that need not be filled

  /** {@code x = e^x} of the first n elements, correct to 2 units in the last place. */
  void exp(float[] x, int n);

  /** The greatest element, NaN if one is; minus infinity if there is none. */
  float greatest(float[] x);

  /**
   * {@code weights[i] = e^((x[i] - greatest) / temperature)}.
   *
   * @return the sum of the weights: sixteen partial sums of doubles, element i to sum i mod 16,
   *     then a balanced tree of neighbours
   */
  double weigh(float[] x, float greatest, float temperature, float[] weights);

  /** The sum of the first n elements, in the order of {@link #weigh}. */
  double sum(float[] x, int n);

  /**
   * Writes the elements that are at least {@code least} one after another to {@code kept}, and
   * their indices to {@code indices}; what stands there after them is left undefined.
   *
   * @return how many they are
   */
  int keep(float[] x, float least, int[] indices, float[] kept);

  /**
   * Writes those of the first n elements that are at least {@code least} and less than {@code
   * below} one after another to {@code kept}, which may be {@code x}; what stands there after them,
   * up to n elements, is left undefined.
   *
   * @return how many they are
   */
  int keepBetween(float[] x, int n, float least, float below, float[] kept);

  // ---- recurrences

  /**
   * The RWKV-4 recurrence, element by element. For each token in two halves. With {@code e1 = exp(m
   * - q)}, {@code e2 = exp(first + k - q)}, {@code q = max(m, first + k)}: {@code y = (e1 a + e2 v)
   * / (e1 b + e2) * sigmoid(r)}. Then with {@code e1 = exp(m + decay - q)}, {@code e2 = exp(k -
   * q)}, {@code q = max(m + decay, k)}: {@code a = e1 a + e2 v}, {@code b = e1 b + e2}, {@code m =
   * q}. So {@code m} is a running maximum, and no exponential is ever above 1.
   */
  void wkv4(Wkv4Rows rows, Wkv4Weights weights, Stretch stretch);

  /**
   * One head of RWKV-5 or 6, whose state is {@code S[key i][value j]}. For each token: {@code y[j]
   * = sum over i of S[i][j] r[i]} with the old state, {@code S[i][j] = fma(S[i][j], w[i], k[i]
   * v[j])}, sums in the order of i; {@code y = fma(sum of r k first, v, y)}; the norm; and, where
   * there is a gate, {@code y = y * (g * sigmoid(g))}.
   */
  void wkv6(Wkv6Rows rows, Wkv6Weights weights, Stretch stretch);

  /**
   * One head of RWKV-7, whose state is {@code S[key j][value i]}. For each token:
   *
   * <pre>
   * w = exp(-e^(-1/2) sigmoid(baseW + w))
   * a = sigmoid(baseA + a)
   * v = fma(firstV - v, sigmoid(baseV + residual), v)      but in the first layer
   * kk = k * removal, times 1 / max(its length, 1e-12)
   * k = fma(k, (a - 1) * keyRate, k)
   * b = kk * a
   * t[i] = sum over j of S[j][i] kk[j]
   * S[j][i] = fma(S[j][i], w[j], fma(-t[i], b[j], v[i] k[j]))
   * y[i] = sum over j of S[j][i] r[j]                      with the new state
   * y = fma(sum of r k bonus, v, norm(y)) * g
   * </pre>
   *
   * <p>Sums over j in the order of j.
   */
  void wkv7(Wkv7Rows rows, Wkv7Weights weights, Stretch stretch);
}
