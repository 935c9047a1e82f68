package dev.skein.engine.device;

import dev.skein.kernels.Activations;
import dev.skein.kernels.FloatMatrix;
import dev.skein.kernels.HalfMatrix;
import dev.skein.kernels.Int4Matrix;
import dev.skein.kernels.Int8Matrix;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Norm;
import dev.skein.kernels.Rows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The memory of the device and the only ways into it and out of it: copies. What lasts are the
 * matrices, copied at their first use, and the quantised activations; the vectors of an operation
 * are there while it runs.
 */
final class DeviceMemory {
  private final Map<Matrix, Matrix> matrices = new WeakHashMap<>();
  private final Map<Activations, Activations> activations = new WeakHashMap<>();

  /** The device's copy of a matrix. */
  Matrix matrix(Matrix host) {
    synchronized (matrices) {
      return matrices.computeIfAbsent(host, DeviceMemory::copy);
    }
  }

  private static Matrix copy(Matrix m) {
    MemorySegment image =
        Arena.ofAuto().allocate(m.image().byteSize(), 64).copyFrom(m.image()).asReadOnly();
    return switch (m) {
      case FloatMatrix f -> FloatMatrix.of(f.rows(), f.columns(), image);
      case HalfMatrix h -> HalfMatrix.of(h.type(), h.rows(), h.columns(), image);
      case Int8Matrix q -> Int8Matrix.of(q.rows(), q.columns(), image);
      case Int4Matrix q -> Int4Matrix.of(q.rows(), q.columns(), image);
    };
  }

  /** Where the device keeps what it quantised. */
  Activations quantized(Activations host) {
    Rows rows = host.rows();
    synchronized (activations) {
      return activations.computeIfAbsent(
          host, h -> new Activations(Arena.ofAuto(), rows.count(), rows.columns(), true));
    }
  }

  /** Copies some rows to the same rows of the device. */
  static void upload(Rows host, int from, int to, Rows device) {
    long at = host.at(from);
    MemorySegment.copy(host.data(), at, device.data(), at, host.at(to) - at);
  }

  /** Copies rows to rows of the device that begin with number 0. */
  static Rows upload(Arena operation, Rows host, int from, int to) {
    Rows device = new Rows(operation, to - from, host.columns());
    MemorySegment.copy(host.data(), host.at(from), device.data(), 0, device.at(to - from));
    return device;
  }

  /** Copies the first columns of a row to the same row of the device. */
  static void copyRow(Rows host, int row, Rows device, int columns) {
    MemorySegment.copy(host.data(), host.at(row), device.data(), device.at(row), 4L * columns);
  }

  /** Copies rows that may not be there. */
  static @Nullable Rows uploadIfAny(Arena operation, @Nullable Rows host, int from, int to) {
    return host == null ? null : upload(operation, host, from, to);
  }

  /** Copies all rows, such as weights. */
  static Rows upload(Arena operation, Rows host) {
    return upload(operation, host, 0, host.count());
  }

  /** Copies the weights of a norm. */
  static Norm upload(Arena operation, Norm host) {
    return new Norm(upload(operation, host.weight()), upload(operation, host.bias()), host.eps());
  }

  /** Copies some columns of rows, of the device from number 0 on, back to the host. */
  static void download(Rows device, Rows host, int from, int to, int column, int columns) {
    for (int row = from; row < to; row++) {
      MemorySegment.copy(
          device.data(),
          device.at(row - from, column),
          host.data(),
          host.at(row, column),
          4L * columns);
    }
  }
}
