package dev.skein.model.adapter;

import dev.skein.model.adapter.AdapterTensors.Factors;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * A model with an adapter in it: {@code W + scale B A}, computed when rows of W are read, and
 * replaced tensors. Owns both files.
 */
final class AdaptedModelFile implements ModelFile {
  private final ModelFile base;
  private final ModelFile adapter;
  private final AdapterTensors tensors;
  private final Scale scale;

  /** The factor that was read last: a matrix is read row by row, and needs all of it for each. */
  private volatile Loaded loaded = new Loaded("", new float[0]);

  /** By what the product of factors is multiplied. */
  @FunctionalInterface
  interface Scale {
    float of(int rank);
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Loaded(String name, float[] values) {}

  AdaptedModelFile(ModelFile base, ModelFile adapter, AdapterTensors tensors, Scale scale) {
    this.base = base;
    this.adapter = adapter;
    this.tensors = tensors;
    this.scale = scale;
  }

  @Override
  public @Nullable Tensor find(String name) {
    Tensor original = base.find(name);
    if (original == null) {
      return null;
    }
    Tensor replacement = tensors.replacements().get(name);
    Tensor plain =
        replacement == null ? original : replacement.renamed(name).reshaped(original.shape());
    Factors factors = tensors.factors().get(name);
    return factors == null ? plain : merged(plain, factors);
  }

  private Tensor merged(Tensor original, Factors factors) {
    float by = scale.of(factors.rank());
    return Tensor.computed(
        original.name(),
        original.shape(),
        (first, out, at, count) -> {
          original.read(first, out, at, count);
          add(factors, by, first, out, at, count);
        });
  }

  private void add(Factors factors, float by, long first, float[] out, int at, int count) {
    int rank = factors.rank();
    int width = (int) factors.a().dim(1);
    float[] a = values(factors.a());
    float[] b = new float[rank];
    float[] change = new float[width];
    int column = (int) (first % width);
    long row = first / width;
    for (int done = 0; done < count; row++) {
      int n = Math.min(width - column, count - done);
      factors.b().read(row * rank, b, 0, rank);
      Arrays.fill(change, 0, n, 0);
      for (int k = 0; k < rank; k++) {
        int from = k * width + column;
        for (int i = 0; i < n; i++) {
          change[i] += b[k] * a[from + i];
        }
      }
      for (int i = 0; i < n; i++) {
        out[at + done + i] += by * change[i];
      }
      done += n;
      column = 0;
    }
  }

  private float[] values(Tensor tensor) {
    Loaded last = loaded;
    if (!last.name.equals(tensor.name())) {
      last = new Loaded(tensor.name(), new float[Math.toIntExact(tensor.elements())]);
      tensor.read(last.values);
      loaded = last;
    }
    return last.values;
  }

  @Override
  public String format() {
    return base.format();
  }

  @Override
  public String dialect() {
    return base.dialect();
  }

  @Override
  public Path path() {
    return base.path();
  }

  @Override
  public SequencedMap<String, String> metadata() {
    return base.metadata();
  }

  @Override
  public SortedSet<String> storedTypes() {
    return base.storedTypes();
  }

  @Override
  public SequencedSet<String> names() {
    return base.names();
  }

  @Override
  public List<byte[]> vocabulary() {
    return base.vocabulary();
  }

  @Override
  public void unload() {
    base.unload();
  }

  @Override
  public void close() {
    adapter.close();
    base.close();
  }
}
