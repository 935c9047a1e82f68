package dev.skein.model.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An open file of published weights: named tensors, which are views of the mapped file and live
 * until {@link #close}. Any thread may read it.
 */
public interface ModelFile extends AutoCloseable {

  /**
   * Opens a file of weights; its format is told by its content, never by its name.
   *
   * @throws ModelFormatException if the file is of no known format, damaged, or holds anything but
   *     plain tensors
   * @throws IOException if it is missing or cannot be read
   */
  static ModelFile open(Path file) throws ModelFormatException, IOException {
    return FormatDetector.open(file);
  }

  /**
   * Opens a safetensors file that need not be a model (a saved state, test vectors): it may hold
   * I32 tensors too.
   *
   * @throws ModelFormatException as {@link #open}
   */
  static ModelFile openTensors(Path file) throws ModelFormatException, IOException {
    return FormatDetector.openTensors(file);
  }

  /** The format's name for people: "safetensors", "pth", "gguf", "rwkv.cpp". */
  String format();

  /** Whose tensor names the file has, for people: "BlinkDL" or "GGUF rwkv7". */
  default String dialect() {
    return "BlinkDL";
  }

  /** Where the file lies. */
  Path path();

  /**
   * What the file says of itself beside its tensors, by the format's own keys; numbers as decimal
   * text, and no lists.
   */
  default SequencedMap<String, String> metadata() {
    return Collections.unmodifiableSequencedMap(new LinkedHashMap<>());
  }

  /** How the elements of its tensors are stored: "f16", "q5_1". */
  default SortedSet<String> storedTypes() {
    SortedSet<String> types = new TreeSet<>();
    for (String name : names()) {
      Tensor tensor = find(name);
      if (tensor != null) {
        types.add(tensor.type().name().toLowerCase(Locale.ROOT));
      }
    }
    return types;
  }

  /** The names of all tensors, in the order of the file. */
  SequencedSet<String> names();

  /** The tensor of that name, or null. */
  @Nullable Tensor find(String name);

  /** The tensor of that name; the exception names the one that is missing. */
  default Tensor require(String name) throws ModelFormatException {
    Tensor tensor = find(name);
    if (tensor == null) {
      throw ModelFormatException.of(
          path(), "tensor '" + name + "' is missing", "take a complete RWKV model file");
    }
    return tensor;
  }

  /**
   * The bytes of every token, by id, where the file carries its own World vocabulary (an id without
   * text has no bytes); otherwise empty.
   */
  default List<byte[]> vocabulary() {
    return List.of();
  }

  /** The text of the {@code tokenizer.json} that the file carries, or null. */
  default @Nullable String tokenizerJson() {
    return null;
  }

  /**
   * The fingerprint of the weights as published, together with these facts, where the file is a
   * converted one and says it; otherwise null.
   */
  default @Nullable String statedFingerprint(List<String> facts) {
    return null;
  }

  /**
   * Lets go of the memory in which pages of the file stand, until they are read again: for whoever
   * reads the whole of a large file.
   */
  default void unload() {}

  /** Unmaps the file: its tensors must not be read any more. */
  @Override
  void close();
}
