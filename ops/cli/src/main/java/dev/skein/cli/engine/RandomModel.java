package dev.skein.cli.engine;

import dev.skein.model.LoadProgress;
import dev.skein.model.packed.SafetensorsWriter;
import dev.skein.model.random.RandomWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Random weights as files: a model with a vocabulary of made-up words, where a command needs one
 * that can be served.
 *
 * @param weights a safetensors file
 * @param vocabulary the bytes first, then words of four letters that stand for nothing
 */
public record RandomModel(Path weights, Path vocabulary) {

  /** Writes both into the folder. */
  public static RandomModel write(RandomWeights weights, Path folder) throws IOException {
    Path file = folder.resolve("random.safetensors");
    new SafetensorsWriter(weights, null).write(file, LoadProgress.NONE);
    int size = Math.toIntExact(weights.require("emb.weight").dim(0));
    Path vocabulary = folder.resolve("vocabulary.txt");
    Files.writeString(
        vocabulary,
        IntStream.range(1, size).mapToObj(RandomModel::word).collect(Collectors.joining()));
    return new RandomModel(file, vocabulary);
  }

  private static String word(int id) {
    if (id <= 256) {
      return "%d b'\\x%02x' 1\n".formatted(id, id - 1);
    }
    return "%d '%c%c%c%c' 4\n"
        .formatted(id, letter(id), letter(id >> 4), letter(id >> 8), letter(id >> 12));
  }

  private static char letter(int nibble) {
    return (char) ('a' + nibble % 16);
  }
}
