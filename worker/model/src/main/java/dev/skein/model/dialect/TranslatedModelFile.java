package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * A file of another dialect seen under BlinkDL's names; owns what it was made from.
 *
 * @param source the file as it is, closed with this one
 * @param dialect whose names the file has
 * @param tensors by BlinkDL's names
 */
record TranslatedModelFile(ModelFile source, String dialect, SequencedMap<String, Tensor> tensors)
    implements ModelFile {

  @Override
  public String format() {
    return source.format();
  }

  @Override
  public Path path() {
    return source.path();
  }

  @Override
  public SequencedMap<String, String> metadata() {
    return source.metadata();
  }

  @Override
  public SortedSet<String> storedTypes() {
    return source.storedTypes();
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
  public List<byte[]> vocabulary() {
    return source.vocabulary();
  }

  @Override
  public void unload() {
    source.unload();
  }

  @Override
  public void close() {
    source.close();
  }
}
