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
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.SequencedSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Loads a model without keeping it: every matrix that the loader asks for is shown to somebody and
 * forgotten. So it is the loader, for every version of RWKV, that says what is a matrix, checks all
 * shapes and complains of what is missing or left over; and no more than one matrix is in memory.
 */
final class WeightPass implements MatrixSource {
  /** What the loader gets where nothing is packed: nobody asks it for anything. */
  private static final FloatMatrix NOTHING =
      FloatMatrix.of(1, 1, MemorySegment.ofArray(new byte[(int) FloatMatrix.imageBytes(1, 1)]));

  /** Is shown the matrices in the order in which they are asked for. */
  interface Audience {
    void matrix(Tensor tensor, Matrix matrix) throws IOException;

    void factor(String name, Matrix matrix) throws IOException;
  }

  private final ModelFile source;
  private final WorkerPool workers;
  private final @Nullable Audience audience;
  private final Set<String> matrices = new HashSet<>();
  private long matrixBytes;

  private WeightPass(ModelFile source, WorkerPool workers, @Nullable Audience audience) {
    this.source = source;
    this.workers = workers;
    this.audience = audience;
  }

  /**
   * What a pass has learned.
   *
   * @param matrices the tensors that are matrices
   * @param matrixBytes of all matrices as they are held, low-rank factors counted as fp32
   */
  record Outcome(ModelConfig config, Set<String> matrices, long matrixBytes) {}

  /** Packs every matrix, one by one, and shows it. */
  static Outcome run(
      ModelFile source,
      Quantization quantization,
      float groupNormEps,
      WorkerPool workers,
      LoadProgress progress,
      Audience audience)
      throws IOException {
    return load(new WeightPass(source, workers, audience), quantization, groupNormEps, progress);
  }

  /** Checks names and shapes alone: of no matrix is an element read, and nothing is packed. */
  static Outcome outline(ModelFile source, Quantization quantization, float groupNormEps)
      throws IOException {
    try (WorkerPool workers = new WorkerPool(1)) {
      WeightPass pass = new WeightPass(source, workers, null);
      return load(pass, quantization, groupNormEps, LoadProgress.NONE);
    }
  }

  private static Outcome load(
      WeightPass pass, Quantization quantization, float groupNormEps, LoadProgress progress)
      throws IOException {
    try (Rwkv rwkv =
        Rwkv.load(pass, quantization, Kernels.scalar(), pass.workers, groupNormEps, progress)) {
      return new Outcome(rwkv.config(), Set.copyOf(pass.matrices), pass.matrixBytes);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public Matrix matrix(Tensor tensor, Quantization quantization, Arena arena)
      throws ModelFormatException {
    matrices.add(tensor.name());
    matrixBytes += MatrixForm.imageBytes(quantization, (int) tensor.dim(0), (int) tensor.dim(1));
    if (audience == null) {
      return NOTHING;
    }
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
  public Matrix factor(String name, int rows, int columns, Arena arena, Packing packing)
      throws ModelFormatException {
    matrixBytes += FloatMatrix.imageBytes(rows, columns);
    if (audience == null) {
      return NOTHING;
    }
    try {
      Matrix matrix = packing.pack();
      audience.factor(name, matrix);
      return matrix;
    } catch (ModelFormatException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Tensor table(Tensor tensor, Arena arena) throws ModelFormatException {
    if (audience != null && tensor.firstNonFinite() >= 0) {
      throw ModelFormatException.damaged(
          source.path(), "tensor '" + tensor + "' holds a number that is not finite");
    }
    source.unload();
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
