package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of several files, seen as one; owns the files.
 *
 * @param path of the index that names them
 * @param shards closed with this one; at least one
 * @param tensors in the order of the index
 */
record ShardedModelFile(
    Path path, SequencedCollection<ModelFile> shards, SequencedMap<String, Tensor> tensors)
    implements ModelFile {

  @Override
  public String format() {
    return shards.getFirst().format();
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
    shards.forEach(ModelFile::unload);
  }

  @Override
  public void close() {
    shards.forEach(ModelFile::close);
  }
}
