package dev.skein.model;

import dev.skein.kernels.Matrix;
import dev.skein.kernels.RowSource;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.packed.FactorForm;
import dev.skein.model.packed.MatrixForm;
import dev.skein.model.packed.MatrixSource;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads tensors by name into the forms that the trunk computes with, checks every shape, and keeps
 * account of which tensors were taken.
 */
final class TensorReader {
  private final ModelFile file;
  private final Arena arena;
  private final WorkerPool workers;
  private final LoadProgress progress;
  private final Set<String> taken = new HashSet<>();
  private final long total;
  private long done;

  TensorReader(ModelFile file, Arena arena, WorkerPool workers, LoadProgress progress) {
    this.file = file;
    this.arena = arena;
    this.workers = workers;
    this.progress = progress;
    this.total = file.names().size();
  }

  /** A vector of {@code n} elements, whatever the dimensions of length one around it. */
  float[] vector(String name, int n) throws ModelFormatException {
    Tensor tensor = take(name);
    if (tensor.elements() != n) {
      throw misshapen(tensor, "[" + n + "]");
    }
    return values(tensor);
  }

  /** A matrix stored [out, in]. */
  Matrix matrix(String name, int rows, int columns, Quantization quantization)
      throws ModelFormatException {
    Tensor tensor = take(name, rows, columns);
    Matrix matrix =
        file instanceof MatrixSource source
            ? source.matrix(tensor, quantization, arena)
            : MatrixForm.pack(file, tensor, quantization, arena, workers);
    file.unload();
    return matrix;
  }

  /** A matrix stored [in, out]. */
  Matrix transposed(String name, int in, int out) throws ModelFormatException {
    return transposedColumns(name, in, out, 0, 1);
  }

  /** A matrix stored [in, out], as 8-bit integers. */
  Matrix transposedInt8(String name, int in, int out) throws ModelFormatException {
    Tensor tensor = take(name, in, out);
    return factor(name, 0, in, out, () -> transposed(tensor, in, out, 0, FactorForm.INT8));
  }

  /** One of several matrices stored beside each other, [in, parts * out]. */
  Matrix transposedColumns(String name, int in, int out, int part, int parts)
      throws ModelFormatException {
    Tensor tensor = take(name, in, (long) parts * out);
    return factor(name, part, in, out, () -> transposed(tensor, in, out, (long) part * out, null));
  }

  /** One of several matrices stored after each other, [parts, in, out]. */
  Matrix transposedPart(String name, int in, int out, int part, int parts)
      throws ModelFormatException {
    Tensor tensor = take(name, parts, in, out);
    return factor(name, part, in, out, () -> transposed(tensor.part(part), in, out, 0, null));
  }

  private Matrix factor(String name, int part, int in, int out, MatrixSource.Packing packing)
      throws ModelFormatException {
    return file instanceof MatrixSource source
        ? source.factor(name + "[" + part + "]", out, in, arena, packing)
        : packing.pack();
  }

  private Matrix transposed(
      Tensor tensor, int in, int out, long firstColumn, @Nullable FactorForm form)
      throws ModelFormatException {
    float[] all = new float[Math.multiplyExact(in, out)];
    for (int k = 0; k < in; k++) {
      tensor.read(k * tensor.dim(1) + firstColumn, all, k * out, out);
    }
    requireFinite(tensor, all);
    RowSource source =
        (row, x) -> {
          for (int k = 0; k < in; k++) {
            x[k] = all[k * out + row];
          }
        };
    FactorForm held = form == null ? FactorForm.holding(all) : form;
    return held.pack(arena, out, in, source, workers);
  }

  /** A table in memory of the model's own, as it is stored. */
  Tensor table(String name, int rows, int columns) throws ModelFormatException {
    Tensor tensor = take(name, rows, columns);
    if (file instanceof MatrixSource source) {
      return source.table(tensor, arena);
    }
    Tensor table = tensor.copiedTo(arena);
    file.unload();
    requireFinite(table);
    return table;
  }

  /** The second dimension of a matrix. */
  int columns(String name) throws ModelFormatException {
    Tensor tensor = file.require(name);
    if (tensor.rank() != 2 || tensor.dim(1) > 1 << 20) {
      throw misshapen(tensor, "a matrix");
    }
    return (int) tensor.dim(1);
  }

  /** Leaves a tensor alone, whether it is there or not. */
  void ignore(String name) {
    taken.add(name);
  }

  /**
   * @throws ModelFormatException if the file holds tensors that nobody took: it is another model
   *     than it seems
   */
  void finish() throws ModelFormatException {
    List<String> leftovers = file.names().stream().filter(n -> !taken.contains(n)).toList();
    if (!leftovers.isEmpty()) {
      String some = String.join(", ", leftovers.subList(0, Math.min(3, leftovers.size())));
      throw ModelFormatException.of(
          file.path(),
          (leftovers.size() == 1 ? "a tensor has" : leftovers.size() + " tensors have")
              + " no place in this kind of model ("
              + some
              + ")",
          "it is a variant that is not supported");
    }
    progress.loaded(total, total);
  }

  private float[] values(Tensor tensor) throws ModelFormatException {
    float[] values = new float[Math.toIntExact(tensor.elements())];
    tensor.read(values);
    requireFinite(tensor, values);
    return values;
  }

  private void requireFinite(Tensor tensor, float[] values) throws ModelFormatException {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw notFinite(tensor);
      }
    }
  }

  private void requireFinite(Tensor table) throws ModelFormatException {
    int rows = Math.toIntExact(table.dim(0));
    AtomicBoolean broken = new AtomicBoolean();
    workers.run(
        table,
        (whole, part, parts) -> {
          long from = whole.elements() / rows * ((long) rows * part / parts);
          long to = whole.elements() / rows * ((long) rows * (part + 1) / parts);
          if (whole.firstNonFinite(from, to) >= 0) {
            broken.set(true);
          }
        });
    if (broken.get()) {
      throw notFinite(table);
    }
  }

  private ModelFormatException notFinite(Tensor tensor) {
    return ModelFormatException.damaged(
        file.path(), "tensor '" + tensor + "' holds a number that is not finite");
  }

  private Tensor take(String name, long... shape) throws ModelFormatException {
    Tensor tensor = file.require(name);
    taken.add(name);
    progress.loaded(Math.min(done++, total), total);
    boolean fits = shape.length == 0 || tensor.rank() == shape.length;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = tensor.dim(i) == shape[i];
    }
    if (!fits) {
      throw misshapen(tensor, java.util.Arrays.toString(shape));
    }
    return tensor;
  }

  private ModelFormatException misshapen(Tensor tensor, String wanted) {
    return ModelFormatException.of(
        file.path(),
        "tensor '" + tensor + "' should have the shape " + wanted,
        "the tensors of the file contradict each other");
  }
}
