package dev.skein.model.file;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** What a format's reader found in a mapping. */
record MappedModelFile(String format, Mapping mapping, FileContents contents) implements ModelFile {

  @Override
  public Path path() {
    return mapping.path();
  }

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(contents.tensors().sequencedKeySet());
  }

  @Override
  public @Nullable Tensor find(String name) {
    return contents.tensors().get(name);
  }

  @Override
  public SequencedMap<String, String> metadata() {
    return Collections.unmodifiableSequencedMap(contents.metadata());
  }

  @Override
  public SortedSet<String> storedTypes() {
    return Collections.unmodifiableSortedSet(contents.storedTypes());
  }

  @Override
  public List<byte[]> vocabulary() {
    return contents.vocabulary();
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
