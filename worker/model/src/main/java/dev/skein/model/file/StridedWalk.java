package dev.skein.model.file;

/** The way through a strided view in row-major order. */
final class StridedWalk {
  private StridedWalk() {}

  /**
   * Is told where in the data, counted in elements, the next elements of the row-major order stand:
   * {@code run} of them from {@code position} on, each {@code step} after the one before.
   */
  interface Visitor {
    void run(int i, long position, int run, long step);
  }

  /** Visits {@code count} elements from number {@code first} of the row-major order on. */
  static void visit(long[] shape, long[] strides, long first, int count, Visitor visitor) {
    long[] index = new long[shape.length];
    long rest = first;
    long position = 0;
    for (int d = shape.length - 1; d >= 0; d--) {
      index[d] = rest % shape[d];
      rest /= shape[d];
      position += index[d] * strides[d];
    }
    int last = shape.length - 1;
    for (int i = 0; i < count; ) {
      int run = (int) Math.min(count - i, shape[last] - index[last]);
      visitor.run(i, position, run, strides[last]);
      i += run;
      index[last] += run;
      position += run * strides[last];
      for (int d = last; d > 0 && index[d] == shape[d]; d--) {
        position += strides[d - 1] - shape[d] * strides[d];
        index[d] = 0;
        index[d - 1]++;
      }
    }
  }
}
