package dev.skein.model.file;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a format's reader found in a file.
 *
 * @param tensors by name, in the order of the file
 * @param metadata what the file says of itself, as text
 * @param storedTypes how elements are stored: "f16", "q5_1"
 * @param vocabulary as {@link ModelFile#vocabulary}
 */
public record FileContents(
    SequencedMap<String, Tensor> tensors,
    SequencedMap<String, String> metadata,
    SortedSet<String> storedTypes,
    List<byte[]> vocabulary) {

  /** Plain tensors and nothing else. */
  public static FileContents of(SequencedMap<String, Tensor> tensors) {
    SortedSet<String> types = new TreeSet<>();
    tensors.values().forEach(tensor -> types.add(tensor.type().name().toLowerCase(Locale.ROOT)));
    return new FileContents(
        tensors, Collections.unmodifiableSequencedMap(new LinkedHashMap<>()), types, List.of());
  }
}
