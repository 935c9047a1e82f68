package dev.skein.model.file;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A named tensor: a view of memory that belongs to a {@link ModelFile} (or to whoever made it),
 * with the shape in PyTorch's order (a matrix is [out, in]) and strides counted in elements, or
 * else elements that are {@link #computed}. A tensor is not copied before it is read.
 */
public final class Tensor {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long COPIED_AT_ONCE = 1 << 16;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private final String name;
  private final DataType type;
  private final long[] shape;
  private final long[] strides;
  private final long elements;
  private final boolean contiguous;
  private final @Nullable MemorySegment data;
  private final @Nullable Elements computed;
  private final @Nullable Packing packing;

  /** Elements that are worked out when they are read: unpacked, transformed or summed. */
  @FunctionalInterface
  public interface Elements {
    /**
     * Writes {@code count} elements in row-major order from number {@code first} on to {@code
     * out[at…]}; the range has been checked. Any thread may call it.
     */
    void read(long first, float[] out, int at, int count);
  }

  /** How elements stand in bytes of another layout than one after the other. */
  @FunctionalInterface
  public interface Packing {
    /** Unpacks elements of {@code data}; otherwise as {@link Elements#read}. */
    void read(MemorySegment data, long first, float[] out, int at, int count);
  }

  /**
   * A view with strides. The caller has checked that every element lies inside {@code data}, which
   * begins with the first element.
   */
  public static Tensor strided(
      String name, DataType type, long[] shape, long[] strides, MemorySegment data) {
    return new Tensor(name, type, shape, strides, data, null, null);
  }

  private Tensor(
      String name,
      DataType type,
      long[] shape,
      long[] strides,
      @Nullable MemorySegment data,
      @Nullable Elements computed,
      @Nullable Packing packing) {
    this.name = name;
    this.type = type;
    this.shape = shape.clone();
    this.strides = strides.clone();
    this.elements = count(shape);
    this.contiguous =
        computed == null && (Arrays.equals(strides, denseStrides(shape)) || elements <= 1);
    this.data = data;
    this.computed = computed;
    this.packing = packing;
  }

  /**
   * A tensor of type F32 whose elements are worked out whenever they are read; it is never {@link
   * #contiguous}.
   */
  public static Tensor computed(String name, long[] shape, Elements elements) {
    return new Tensor(name, DataType.F32, shape, denseStrides(shape), null, elements, null);
  }

  /**
   * A tensor of type F32 whose elements are unpacked from {@code data}, which holds them in blocks,
   * whenever they are read; it is never {@link #contiguous}.
   */
  public static Tensor packed(String name, long[] shape, MemorySegment data, Packing packing) {
    Elements elements = (first, out, at, count) -> packing.read(data, first, out, at, count);
    return new Tensor(name, DataType.F32, shape, denseStrides(shape), data, elements, packing);
  }

  /**
   * A tensor whose elements stand in row-major order in {@code data} (little-endian).
   *
   * @throws IllegalArgumentException if {@code data} has another size
   */
  public static Tensor of(String name, DataType type, long[] shape, MemorySegment data) {
    Tensor tensor = new Tensor(name, type, shape, denseStrides(shape), data, null, null);
    if (data.byteSize() != tensor.elements * type.bytes()) {
      throw new IllegalArgumentException(
          name + " needs " + tensor.elements * type.bytes() + " bytes, not " + data.byteSize());
    }
    return tensor;
  }

  /** An fp32 tensor over an array, in row-major order. */
  public static Tensor of(String name, float[] values, long... shape) {
    return of(name, DataType.F32, shape, MemorySegment.ofArray(values));
  }

  public String name() {
    return name;
  }

  public DataType type() {
    return type;
  }

  /** Number of dimensions; 0 for a scalar. */
  public int rank() {
    return shape.length;
  }

  public long dim(int i) {
    return shape[i];
  }

  /** A copy of the shape. */
  public long[] shape() {
    return shape.clone();
  }

  public long elements() {
    return elements;
  }

  /** Whether {@link #data} is exactly the elements in row-major order. */
  public boolean contiguous() {
    return contiguous;
  }

  /**
   * The bytes from the first element to the last one, as stored; in row-major order if {@link
   * #contiguous}, in blocks if it is packed.
   *
   * @throws IllegalStateException if the elements are computed
   */
  public MemorySegment data() {
    if (data == null) {
      throw new IllegalStateException(name + " is computed, not stored");
    }
    return data;
  }

  /** How {@link #data} is laid out, if that is not one element after the other; else null. */
  public @Nullable Packing packing() {
    return packing;
  }

  /** The same elements under another name. */
  public Tensor renamed(String newName) {
    return new Tensor(newName, type, shape, strides, data, computed, packing);
  }

  /**
   * The same elements in row-major order, in another shape.
   *
   * @throws IllegalArgumentException if that has another number of elements
   */
  public Tensor reshaped(long... newShape) {
    if (count(newShape) != elements) {
      throw new IllegalArgumentException(this + " has no shape " + Arrays.toString(newShape));
    }
    return contiguous
        ? new Tensor(name, type, newShape, denseStrides(newShape), data, null, null)
        : computed(name, newShape, this::read);
  }

  /**
   * The part {@code index} of the outermost dimension: of [6, 1, C] a tensor of [1, C].
   *
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public Tensor part(long index) {
    Objects.checkIndex(index, shape[0]);
    long[] inner = Arrays.copyOfRange(shape, 1, shape.length);
    long first = index * count(inner);
    return data == null || computed != null
        ? computed(name, inner, (from, out, at, count) -> read(first + from, out, at, count))
        : new Tensor(
            name,
            type,
            inner,
            Arrays.copyOfRange(strides, 1, strides.length),
            data.asSlice(index * strides[0] * type.bytes()),
            null,
            null);
  }

  /**
   * The same elements with the dimensions in another order: {@code permuted(1, 0)} transposes a
   * matrix. Where the elements are computed, every read computes all of them: read such a view
   * whole.
   */
  public Tensor permuted(int... order) {
    long[] newShape = new long[order.length];
    long[] newStrides = new long[order.length];
    long[] dense = denseStrides(shape);
    for (int d = 0; d < order.length; d++) {
      newShape[d] = shape[order[d]];
      newStrides[d] = computed != null ? dense[order[d]] : strides[order[d]];
    }
    if (computed == null) {
      return new Tensor(name, type, newShape, newStrides, data, null, null);
    }
    return computed(
        name,
        newShape,
        (first, out, at, count) -> {
          float[] all = new float[Math.toIntExact(elements)];
          read(all);
          strided(name, type, newShape, newStrides, MemorySegment.ofArray(all))
              .read(first, out, at, count);
        });
  }

  /**
   * The same elements in memory of {@code arena}: as stored where they stand in a row or in blocks,
   * otherwise in row-major order, and in fp32 if they are computed.
   */
  public Tensor copiedTo(Arena arena) {
    boolean asStored = contiguous || packing != null;
    long bytes = asStored ? data().byteSize() : elements * type.bytes();
    MemorySegment copy = arena.allocate(bytes, 64);
    if (asStored) {
      copy.copyFrom(data());
    } else {
      byte[] piece = new byte[(int) Math.min(COPIED_AT_ONCE * type.bytes(), bytes)];
      for (long done = 0; done < bytes; done += piece.length) {
        int n = (int) Math.min(piece.length, bytes - done);
        copyBytes(done / type.bytes(), piece, n / type.bytes());
        MemorySegment.copy(piece, 0, copy, ValueLayout.JAVA_BYTE, done, n);
      }
    }
    return packing != null ? packed(name, shape, copy, packing) : of(name, type, shape, copy);
  }

  /**
   * Reads all elements in row-major order, widened to float.
   *
   * @throws IllegalArgumentException if {@code out} is too small
   */
  public void read(float[] out) {
    read(0, out, 0, Math.toIntExact(elements));
  }

  /**
   * Reads {@code count} elements in row-major order from number {@code first} on into {@code
   * out[at…]}.
   */
  public void read(long first, float[] out, int at, int count) {
    if (first < 0 || count < 0 || first > elements - count || at < 0 || at > out.length - count) {
      throw new IllegalArgumentException(
          name
              + ": "
              + count
              + " elements from "
              + first
              + " do not fit "
              + elements
              + " or "
              + out.length);
    }
    if (computed != null) {
      computed.read(first, out, at, count);
    } else if (contiguous) {
      type.get(data(), first * type.bytes(), out, at, count);
    } else {
      readStrided(first, out, at, count);
    }
  }

  private void readStrided(long first, float[] out, int at, int count) {
    MemorySegment from = data();
    int size = type.bytes();
    StridedWalk.visit(
        shape,
        strides,
        first,
        count,
        (i, position, run, step) -> {
          for (int k = 0; k < run; k++) {
            out[at + i + k] = type.get(from, (position + k * step) * size);
          }
        });
  }

  /**
   * Copies {@code count} elements from number {@code first} on, in row-major order, as they are
   * stored.
   */
  public void copyBytes(long first, byte[] out, int count) {
    int size = type.bytes();
    if (computed != null) {
      float[] values = new float[count];
      computed.read(first, values, 0, count);
      MemorySegment target = MemorySegment.ofArray(out);
      for (int i = 0; i < count; i++) {
        target.set(FLOAT, 4L * i, values[i]);
      }
      return;
    }
    if (contiguous) {
      MemorySegment.copy(data(), ValueLayout.JAVA_BYTE, first * size, out, 0, count * size);
      return;
    }
    MemorySegment from = data();
    MemorySegment target = MemorySegment.ofArray(out);
    StridedWalk.visit(
        shape,
        strides,
        first,
        count,
        (i, position, run, step) -> {
          for (int k = 0; k < run; k++) {
            long source = (position + k * step) * size;
            if (size == Short.BYTES) {
              target.set(SHORT, (long) (i + k) * size, from.get(SHORT, source));
            } else {
              target.set(INT, (long) (i + k) * size, from.get(INT, source));
            }
          }
        });
  }

  /** The row-major number of the first element that is NaN or infinite, or -1. */
  public long firstNonFinite() {
    return firstNonFinite(0, elements);
  }

  /** The same among the elements from number {@code from} to before number {@code to}. */
  public long firstNonFinite(long from, long to) {
    float[] piece = new float[(int) Math.min(to - from, 8192)];
    for (long first = from; first < to; first += piece.length) {
      int count = (int) Math.min(piece.length, to - first);
      read(first, piece, 0, count);
      for (int i = 0; i < count; i++) {
        if (!Float.isFinite(piece[i])) {
          return first + i;
        }
      }
    }
    return -1;
  }

  /** For messages: "blocks.0.att.r_k F16 [4, 64]". */
  @Override
  public String toString() {
    return name + " " + type + " " + Arrays.toString(shape);
  }

  /**
   * The number of elements of a shape.
   *
   * @throws IllegalArgumentException if a dimension is negative
   * @throws ArithmeticException if there are more than a long counts
   */
  public static long count(long[] shape) {
    long n = 1;
    for (long d : shape) {
      if (d < 0) {
        throw new IllegalArgumentException("negative dimension in " + Arrays.toString(shape));
      }
      n = Math.multiplyExact(n, d);
    }
    return n;
  }

  static long[] denseStrides(long[] shape) {
    long[] strides = new long[shape.length];
    long step = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      strides[d] = step;
      step *= Math.max(shape[d], 1);
    }
    return strides;
  }
}
