package dev.skein.model.packed;

import dev.skein.kernels.FloatMatrix;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.Matrix;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.LoadProgress;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Loads a model without keeping it: every matrix that the loader asks for is packed, shown to
 * somebody, and forgotten. So it is the loader, for every version of RWKV, that says what is a
 * matrix, checks all shapes and complains of what is missing or left over; and no more than one
 * matrix is in memory.
 */
final class WeightPass implements MatrixSource {

  /** Is shown the matrices in the order in which they are asked for. */
  interface Audience {
    void matrix(Tensor tensor, Matrix matrix) throws IOException;

    /** A small matrix of fp32; nobody need listen. */
    default void factor(String name, FloatMatrix matrix) throws IOException {}
  }

  private final ModelFile source;
  private final WorkerPool workers;
  private final Audience audience;
  private final Set<String> matrices = new HashSet<>();

  private WeightPass(ModelFile source, WorkerPool workers, Audience audience) {
    this.source = source;
    this.workers = workers;
    this.audience = audience;
  }

  /** What a pass has learned: the dimensions, and which tensors are matrices. */
  record Outcome(ModelConfig config, Set<String> matrices) {}

  static Outcome run(
      ModelFile source,
      Quantization quantization,
      float groupNormEps,
      WorkerPool workers,
      LoadProgress progress,
      Audience audience)
      throws IOException {
    WeightPass pass = new WeightPass(source, workers, audience);
    try (Rwkv rwkv =
        Rwkv.load(pass, quantization, Kernels.scalar(), workers, groupNormEps, progress)) {
      return new Outcome(rwkv.config(), Set.copyOf(pass.matrices));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public Matrix matrix(Tensor tensor, Quantization quantization, Arena arena)
      throws ModelFormatException {
    matrices.add(tensor.name());
    try (Arena own = Arena.ofShared()) {
      Matrix matrix = MatrixForm.pack(source, tensor, quantization, own, workers);
      audience.matrix(tensor, matrix);
      return matrix; // only its dimensions can be asked from now on
    } catch (ModelFormatException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public FloatMatrix factor(
      String name, int rows, int columns, Arena arena, Supplier<FloatMatrix> packing) {
    try {
      FloatMatrix matrix = packing.get();
      audience.factor(name, matrix);
      return matrix;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Tensor table(Tensor tensor, Arena arena) {
    return tensor;
  }

  @Override
  public String format() {
    return source.format();
  }

  @Override
  public Path path() {
    return source.path();
  }

  @Override
  public SequencedSet<String> names() {
    return source.names();
  }

  @Override
  public @Nullable Tensor find(String name) {
    return source.find(name);
  }

  @Override
  public void unload() {
    source.unload();
  }

  /** The source belongs to somebody else. */
  @Override
  public void close() {}
}
