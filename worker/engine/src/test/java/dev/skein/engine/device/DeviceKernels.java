package dev.skein.engine.device;

import dev.skein.kernels.Activations;
import dev.skein.kernels.Int4Matrix;
import dev.skein.kernels.Int8Matrix;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.Norm;
import dev.skein.kernels.ProductScratch;
import dev.skein.kernels.Rows;
import dev.skein.kernels.Stretch;
import dev.skein.kernels.Wkv4Rows;
import dev.skein.kernels.Wkv4Weights;
import dev.skein.kernels.Wkv6Rows;
import dev.skein.kernels.Wkv6Weights;
import dev.skein.kernels.Wkv7Rows;
import dev.skein.kernels.Wkv7Weights;
import java.lang.foreign.Arena;

/**
 * A backend that owns its memory: whatever an operation reads is copied into {@link DeviceMemory}
 * first, the processor sees copies alone, and what it leaves is copied back. A host's array or
 * segment never reaches the processor.
 */
public final class DeviceKernels implements Kernels {
  private static final ThreadLocal<ProductScratch> SCRATCH =
      ThreadLocal.withInitial(ProductScratch::new);

  private final Kernels processor = Kernels.vector();
  private final DeviceMemory memory = new DeviceMemory();
  private final DeviceRecurrences recurrences = new DeviceRecurrences(processor);

  @Override
  public String name() {
    return "device";
  }

  // ---- products

  @Override
  public void quantize(Activations x, int from, int to) {
    if (from < to) {
      Activations device = memory.quantized(x);
      DeviceMemory.upload(x.rows(), from, to, device.rows());
      processor.quantize(device, from, to);
    }
  }

  @Override
  public void multiply(
      Matrix m, Activations x, int count, Rows y, int from, int to, ProductScratch scratch) {
    try (Arena operation = Arena.ofConfined()) {
      Activations device;
      if (m instanceof Int8Matrix || m instanceof Int4Matrix) {
        device = memory.quantized(x);
      } else {
        device = new Activations(operation, count, m.columns(), false);
        // rows that are wider than the matrix hold a product of another rank
        for (int t = 0; t < count; t++) {
          DeviceMemory.copyRow(x.rows(), t, device.rows(), m.columns());
        }
      }
      Rows result = new Rows(operation, count, m.rows());
      processor.multiply(memory.matrix(m), device, count, result, from, to, SCRATCH.get());
      int first = from * Matrix.PANEL;
      int n = Math.min(m.rows(), to * Matrix.PANEL) - first;
      DeviceMemory.download(result, y, 0, count, first, n);
    }
  }

  // ---- rows

  private interface OnRow {
    void apply(Rows x);
  }

  /** Of one row of the host, number 0 of the device. */
  private static void onRow(Rows x, int row, int from, int n, OnRow operation) {
    try (Arena arena = Arena.ofConfined()) {
      Rows device = DeviceMemory.upload(arena, x, row, row + 1);
      operation.apply(device);
      DeviceMemory.download(device, x, row, row + 1, from, n);
    }
  }

  @Override
  public void add(Rows x, Rows y, int row) {
    try (Arena arena = Arena.ofConfined()) {
      Rows other = DeviceMemory.upload(arena, y, row, row + 1);
      onRow(x, row, 0, x.columns(), device -> processor.add(device, other, 0));
    }
  }

  @Override
  public void layerNorm(Rows x, int row, Norm norm, Rows out, int outRow) {
    try (Arena arena = Arena.ofConfined()) {
      Rows device = DeviceMemory.upload(arena, x, row, row + 1);
      processor.layerNorm(device, 0, DeviceMemory.upload(arena, norm), device, 0);
      DeviceMemory.download(device, out, outRow, outRow + 1, 0, x.columns());
    }
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] outs) {
    try (Arena arena = Arena.ofConfined()) {
      Rows[] results = room(arena, outs);
      processor.shift(
          DeviceMemory.upload(arena, x, row, row + 1),
          DeviceMemory.upload(arena, previous, row, row + 1),
          0,
          DeviceMemory.upload(arena, amounts),
          results);
      download(results, outs, row);
    }
  }

  @Override
  public void shift(Rows x, Rows previous, int row, Rows amounts, Rows[] changes, Rows[] outs) {
    try (Arena arena = Arena.ofConfined()) {
      Rows[] results = room(arena, outs);
      Rows[] devices = new Rows[changes.length];
      for (int j = 0; j < devices.length; j++) {
        devices[j] = DeviceMemory.upload(arena, changes[j], row, row + 1);
      }
      processor.shift(
          DeviceMemory.upload(arena, x, row, row + 1),
          DeviceMemory.upload(arena, previous, row, row + 1),
          0,
          DeviceMemory.upload(arena, amounts),
          devices,
          results);
      download(results, outs, row);
    }
  }

  private static Rows[] room(Arena arena, Rows[] outs) {
    Rows[] results = new Rows[outs.length];
    for (int j = 0; j < outs.length; j++) {
      results[j] = new Rows(arena, 1, outs[j].columns());
    }
    return results;
  }

  private static void download(Rows[] results, Rows[] outs, int row) {
    for (int j = 0; j < outs.length; j++) {
      DeviceMemory.download(results[j], outs[j], row, row + 1, 0, outs[j].columns());
    }
  }

  // ---- element by element

  @Override
  public void tanh(Rows x, int row, int from, int n) {
    onRow(x, row, from, n, device -> processor.tanh(device, 0, from, n));
  }

  @Override
  public void sigmoid(Rows x, int row, int from, int n) {
    onRow(x, row, from, n, device -> processor.sigmoid(device, 0, from, n));
  }

  @Override
  public void squaredRelu(Rows x, int row, int from, int n) {
    onRow(x, row, from, n, device -> processor.squaredRelu(device, 0, from, n));
  }

  @Override
  public void gate(Rows x, Rows gate, int row) {
    try (Arena arena = Arena.ofConfined()) {
      Rows other = DeviceMemory.upload(arena, gate, row, row + 1);
      onRow(x, row, 0, x.columns(), device -> processor.gate(device, other, 0));
    }
  }

  // ---- distributions

  @Override
  public void exp(float[] x, int n) {
    float[] device = x.clone();
    processor.exp(device, n);
    System.arraycopy(device, 0, x, 0, n);
  }

  @Override
  public float greatest(float[] x) {
    return processor.greatest(x.clone());
  }

  @Override
  public double weigh(float[] x, float greatest, float temperature, float[] weights) {
    float[] device = new float[weights.length];
    double sum = processor.weigh(x.clone(), greatest, temperature, device);
    System.arraycopy(device, 0, weights, 0, x.length);
    return sum;
  }

  @Override
  public double sum(float[] x, int n) {
    return processor.sum(x.clone(), n);
  }

  @Override
  public int keep(float[] x, float least, int[] indices, float[] kept) {
    int[] found = new int[x.length];
    float[] values = new float[x.length];
    int count = processor.keep(x.clone(), least, found, values);
    System.arraycopy(found, 0, indices, 0, count);
    System.arraycopy(values, 0, kept, 0, count);
    return count;
  }

  @Override
  public int keepBetween(float[] x, int n, float least, float below, float[] kept) {
    float[] values = new float[x.length];
    int count = processor.keepBetween(x.clone(), n, least, below, values);
    System.arraycopy(values, 0, kept, 0, count);
    return count;
  }

  // ---- recurrences

  @Override
  public void wkv4(Wkv4Rows rows, Wkv4Weights weights, Stretch stretch) {
    recurrences.wkv4(rows, weights, stretch);
  }

  @Override
  public void wkv6(Wkv6Rows rows, Wkv6Weights weights, Stretch stretch) {
    recurrences.wkv6(rows, weights, stretch);
  }

  @Override
  public void wkv7(Wkv7Rows rows, Wkv7Weights weights, Stretch stretch) {
    recurrences.wkv7(rows, weights, stretch);
  }
}
