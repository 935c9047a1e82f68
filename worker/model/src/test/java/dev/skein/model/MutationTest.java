package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.skein.model.adapter.Adapter;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Refusals;
import dev.skein.model.file.Tensor;
import dev.skein.model.start.StartStateFile;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens to a file's bytes, it is read in full or refused with a sentence, in bounded
 * memory; nothing else escapes. The system property {@code skein.mutations} says how often
 * altogether.
 */
@Tag("seeded")
class MutationTest {
  private static final int KINDS = 19;
  private static final int MUTATIONS = Integer.getInteger("skein.mutations", 2_000) / KINDS;
  private static final long HEAP_GROWTH_MAX = 64L << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ok-v4.safetensors",
        "ok-v4.pth",
        "ok-v7.gguf",
        "ok-v4.bin",
        "packed.gguf",
        "packed.bin",
        "legacy.pth",
        "converted.skein"
      })
  void everyMutationOfAFileIsReadOrRefused(String name) throws IOException {
    Path original = samples().file(name);
    readAll(original);
    byte[] sound = Files.readAllBytes(original);
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      Path file = folder.resolve("m" + seed);
      Files.write(file, new Mutation(new SplittableRandom(seed)).of(sound));
      refused += reads(name, seed, file, () -> readAll(file)) ? 0 : 1;
      Files.delete(file);
    }
    assertThat(refused).isBetween(MUTATIONS / 4, MUTATIONS);
  }

  /** Checksums catch every accident; here somebody has made them right again. */
  @Test
  void everySealedMutationOfAConvertedFileIsReadOrRefused() throws IOException {
    byte[] sound = Files.readAllBytes(samples().file("converted.skein"));
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      Path file = folder.resolve("m" + seed);
      Files.write(file, sealed(new Mutation(new SplittableRandom(seed)).of(sound)));
      refused += reads("converted.skein, sealed", seed, file, () -> open(file, null)) ? 0 : 1;
      Files.delete(file);
    }
    assertThat(refused).isBetween(MUTATIONS / 4, MUTATIONS);
  }

  /** With the length of the file, and the checksums of header and first page, as they should be. */
  private static byte[] sealed(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    if (file.length > 4096) {
      bytes.putLong(16, file.length);
      long at = bytes.getLong(24);
      if (at >= 4096 && at < file.length) {
        bytes.putLong(32, file.length - at);
        bytes.putInt(40, checksum(file, (int) at, file.length - (int) at));
      }
      bytes.putInt(44, 0).putInt(44, checksum(file, 0, 4096));
    }
    return file;
  }

  private static int checksum(byte[] file, int from, int count) {
    CRC32C crc = new CRC32C();
    crc.update(file, from, count);
    return (int) crc.getValue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "model.safetensors.index.json",
        "adapter_config.json",
        "adapter_model.safetensors"
      })
  void everyMutationInAFolderIsReadOrRefused(String name) throws IOException {
    inFolder(samples().modelFolder(), name, true);
  }

  @Test
  void everyMutationOfOurOwnConfigurationIsReadOrRefused() throws IOException {
    inFolder(samples().ownFolder(), "config.json", false);
  }

  private static void inFolder(Path model, String name, boolean adapted) throws IOException {
    Adapter adapter = adapted ? new Adapter(model, null) : null;
    open(model, adapter);
    byte[] sound = Files.readAllBytes(model.resolve(name));
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      Files.write(model.resolve(name), new Mutation(new SplittableRandom(seed)).of(sound));
      refused += reads(name, seed, model, () -> open(model, adapter)) ? 0 : 1;
    }
    assertThat(refused).isBetween(MUTATIONS / 4, MUTATIONS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwkv_vocab.txt", "vocab.txt", "tokenizer.json"})
  void everyMutationOfAVocabularyIsReadOrRefused(String name) throws IOException {
    Path file = samples().vocabulary(name);
    encode(file);
    byte[] sound = Files.readAllBytes(file);
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      Files.write(file, new Mutation(new SplittableRandom(seed)).of(sound));
      refused += reads(name, seed, file, () -> encode(file)) ? 0 : 1;
    }
    assertThat(refused).isBetween(MUTATIONS / 4, MUTATIONS);
  }

  private static void encode(Path vocabulary) throws IOException {
    Tokenizer tokenizer = Tokenizer.open(vocabulary);
    assertThat(tokenizer.decode(tokenizer.encode("hello wörd257"))).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"state.safetensors", "tuned.pth"})
  void everyMutationOfAStateIsReadOrRefused(String name) throws IOException {
    Path file = samples().state(name);
    StateLayout layout = StateLayout.of(MutationSamples.STATE);
    assertThat(StartStateFile.read(file, layout)).hasSize(layout.floats());
    byte[] sound = Files.readAllBytes(file);
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      Files.write(file, new Mutation(new SplittableRandom(seed)).of(sound));
      refused += reads(name, seed, file, () -> StartStateFile.read(file, layout)) ? 0 : 1;
    }
    assertThat(refused).isBetween(MUTATIONS / 4, MUTATIONS);
  }

  private MutationSamples samples() {
    return new MutationSamples(folder);
  }

  private interface Reading {
    void run() throws IOException;
  }

  /** Whether it was read; anything but that and a clean refusal fails the test. */
  private static boolean reads(String what, int seed, Path path, Reading reading) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean read = true;
    try {
      reading.run();
    } catch (ModelFormatException e) {
      Refusals.assertClean(path, e);
      read = false;
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError("seed " + seed + " of " + what, e);
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
        .as("allocated by seed %d of %s", seed, what)
        .isLessThan(HEAP_GROWTH_MAX);
    return read;
  }

  private static void readAll(Path path) throws IOException {
    try (ModelFile file = ModelFiles.open(path)) {
      long limit = 2 * Files.size(path);
      for (String name : file.names()) {
        Tensor tensor = file.require(name);
        assertThat(tensor.elements()).isLessThanOrEqualTo(limit);
        tensor.read(new float[(int) tensor.elements()]);
      }
      file.vocabulary();
    }
  }

  /** As a user does. */
  private static void open(Path model, @Nullable Adapter adapter) throws IOException {
    HostileRun.of(model, adapter);
  }
}
