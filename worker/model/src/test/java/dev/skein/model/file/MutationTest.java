package dev.skein.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens to a file's bytes, it is read in full or refused with a sentence; nothing else
 * escapes.
 */
class MutationTest {
  private static final int MUTATIONS = 2_000;
  private static final int[] TELLING = {
    0, 1, 0x7f, 0x80, 0xff, '(', '.', 'Q', 'R', '"', '{', '9', '-'
  };

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"ok-v4.safetensors", "ok-v4.pth"})
  void everyMutationIsReadOrRefused(String name) throws IOException {
    byte[] sound = Files.readAllBytes(TestFolders.resources("hostile").resolve(name));
    int refused = 0;
    for (int seed = 0; seed < MUTATIONS; seed++) {
      Path file = folder.resolve("m" + seed);
      Files.write(file, mutate(sound, new SplittableRandom(seed)));
      if (!reads(file, seed)) {
        refused++;
      }
      Files.delete(file);
    }
    assertThat(refused).isBetween(MUTATIONS / 2, MUTATIONS - 1);
  }

  private static boolean reads(Path path, int seed) {
    try (ModelFile file = ModelFile.open(path)) {
      for (String name : file.names()) {
        Tensor tensor = file.require(name);
        assertThat(tensor.elements()).isLessThanOrEqualTo(Files.size(path));
        tensor.read(new float[(int) tensor.elements()]);
      }
      return true;
    } catch (ModelFormatException e) {
      assertThat(e.getMessage()).startsWith(path + ": ").hasSizeLessThan(600).doesNotContain("\n");
      return false;
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      return fail("seed " + seed + " of " + path, e);
    }
  }

  /** One to four faults; most where headers, directory and pickle lie: at the ends of the file. */
  private static byte[] mutate(byte[] sound, SplittableRandom random) {
    byte[] bytes = sound.clone();
    for (int faults = random.nextInt(1, 5); faults > 0; faults--) {
      int at = place(bytes.length, random);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) TELLING[random.nextInt(TELLING.length)];
        case 2 -> bytes[at] = (byte) random.nextInt();
        case 3 -> fill(bytes, at, random);
        case 4 -> bytes = Arrays.copyOf(bytes, Math.max(1, bytes.length - random.nextInt(64)));
        default -> move(bytes, at, random);
      }
    }
    return bytes;
  }

  private static int place(int length, SplittableRandom random) {
    int end = Math.min(length, 3_000);
    return random.nextBoolean() ? random.nextInt(end) : length - 1 - random.nextInt(end);
  }

  private static void fill(byte[] bytes, int at, SplittableRandom random) {
    int end = Math.min(bytes.length, at + random.nextInt(1, 9));
    Arrays.fill(bytes, at, end, (byte) TELLING[random.nextInt(TELLING.length)]);
  }

  private static void move(byte[] bytes, int at, SplittableRandom random) {
    int from = place(bytes.length, random);
    int count = Math.min(random.nextInt(1, 40), bytes.length - Math.max(at, from));
    System.arraycopy(bytes, from, bytes, at, count);
  }
}
