package dev.skein.model;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/** A file whose tensors a test can take out, add and change. */
final class EditedFile implements ModelFile {
  final SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();

  EditedFile(ModelFile source) {
    for (String name : source.names()) {
      put(name, Objects.requireNonNull(source.find(name)));
    }
  }

  EditedFile put(String name, Tensor tensor) {
    tensors.put(name, tensor);
    return this;
  }

  /** Puts random numbers around {@code center}. */
  EditedFile put(String name, double center, double spread, long... shape) {
    int n = 1;
    for (long d : shape) {
      n = Math.toIntExact(n * d);
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      int noise = (int) ((name.hashCode() + 31L * i) * 0x9E3779B97F4A7C15L >>> 32);
      values[i] = (float) (center + spread * noise * 0x1p-31);
    }
    return put(name, Tensor.of(name, values, shape));
  }

  EditedFile remove(String name) {
    Objects.requireNonNull(tensors.remove(name), name);
    return this;
  }

  @Override
  public String format() {
    return "edited";
  }

  @Override
  public Path path() {
    return Path.of("edited");
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
}
