package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/** Tensors in memory, as if they were a file. */
record TensorMap(SequencedMap<String, Tensor> tensors) implements ModelFile {

  static TensorMap of(Tensor... tensors) {
    SequencedMap<String, Tensor> map = new LinkedHashMap<>();
    for (Tensor tensor : tensors) {
      map.put(tensor.name(), tensor);
    }
    return new TensorMap(map);
  }

  @Override
  public String format() {
    return "memory";
  }

  @Override
  public Path path() {
    return Path.of("memory");
  }

  @Override
  public SequencedSet<String> names() {
    return tensors.sequencedKeySet();
  }

  @Override
  public @Nullable Tensor find(String name) {
    return tensors.get(name);
  }

  @Override
  public void close() {}

  /** Why two files do not hold the same tensors, or null if they do: names, shapes and values. */
  static @Nullable String difference(ModelFile a, ModelFile b) {
    if (!a.names().containsAll(b.names()) || !b.names().containsAll(a.names())) {
      return a.names() + " or " + b.names();
    }
    for (String name : a.names()) {
      Tensor x = tensor(a, name);
      Tensor y = tensor(b, name);
      if (!Arrays.equals(x.shape(), y.shape()) || !close(values(x), values(y))) {
        return x + " or " + y;
      }
    }
    return null;
  }

  /** To the rounding of an exponential and its logarithm. */
  private static boolean close(float[] x, float[] y) {
    for (int i = 0; i < x.length; i++) {
      if (!(Math.abs(x[i] - y[i]) <= 1e-5f * (1 + Math.abs(y[i])))) {
        return false;
      }
    }
    return true;
  }

  static float[] values(Tensor tensor) {
    float[] out = new float[(int) tensor.elements()];
    tensor.read(out);
    return out;
  }

  private static Tensor tensor(ModelFile file, String name) {
    Tensor tensor = file.find(name);
    if (tensor == null) {
      throw new AssertionError(name);
    }
    return tensor;
  }
}
