package dev.skein.model.file;

import java.nio.file.Path;
import java.util.Collections;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/** The tensors that a format's reader found in a mapping. */
record MappedModelFile(String format, Mapping mapping, SequencedMap<String, Tensor> tensors)
    implements ModelFile {

  @Override
  public Path path() {
    return mapping.path();
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(tensors.sequencedKeySet());
  }

  @Override
  public @Nullable Tensor find(String name) {
    return tensors.get(name);
  }

  @Override
  public void unload() {
    mapping.unload();
  }

  @Override
  public void close() {
    mapping.close();
  }
}
