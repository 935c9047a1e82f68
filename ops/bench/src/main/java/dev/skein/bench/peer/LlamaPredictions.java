package dev.skein.bench.peer;

import dev.skein.bench.Predictions;
import dev.skein.model.file.ModelFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What llama.cpp predicts: all texts are run when this is made, each in one call, and the logits
 * are read from a file.
 */
public final class LlamaPredictions implements Predictions {
  private final Path folder;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment logits;
  private final String form;
  private final long bytesPerStep;
  private final int vocabulary;
  private final long[] starts;
  private int place;

  /**
   * Writes the weights as GGUF, has llama.cpp make the form of them and read the texts.
   *
   * @param weights of RWKV-7
   * @param form "f32", "f16", "q8_0" or "q4_0"
   */
  public LlamaPredictions(
      LlamaCppFolder peer, ModelFile weights, String form, List<int[]> texts, int threads)
      throws IOException {
    this.form = "llama.cpp " + form;
    vocabulary = Math.toIntExact(weights.require("emb.weight").dim(0));
    starts = new long[texts.size()];
    long tokens = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = tokens;
      tokens += texts.get(i).length - 1;
    }
    folder = Files.createTempDirectory("skein-llama");
    Path out = folder.resolve("logits");
    try (LlamaCpp llama = peer.start(peer.model(folder, "model", weights, form), threads)) {
      bytesPerStep = llama.greeting().streamedBytes();
      llama.logits(written(texts, folder.resolve("texts")), out);
    }
    try (FileChannel channel = FileChannel.open(out)) {
      logits = channel.map(FileChannel.MapMode.READ_ONLY, 0, 4 * tokens * vocabulary, arena);
    }
  }

  /** The number of texts, and of each its length and ids: int32, little-endian. */
  private static Path written(List<int[]> texts, Path file) throws IOException {
    int ints = 1 + texts.stream().mapToInt(text -> 1 + text.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(4 * ints).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(texts.size());
    for (int[] text : texts) {
      bytes.putInt(text.length);
      for (int id : text) {
        bytes.putInt(id);
      }
    }
    return Files.write(file, bytes.array());
  }

  @Override
  public String form() {
    return form;
  }

  @Override
  public long bytesPerStep() {
    return bytesPerStep;
  }

  @Override
  public int vocabulary() {
    return vocabulary;
  }

  @Override
  public void feed(int place) {
    this.place = place;
  }

  @Override
  public void logits(int text, float[] out) {
    long at = 4 * (starts[text] + place) * vocabulary;
    MemorySegment.copy(logits, ValueLayout.JAVA_FLOAT, at, out, 0, vocabulary);
  }

  @Override
  public void close() {
    arena.close();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
