package dev.skein.model.packed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.skein.kernels.WorkerPool;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.ModelSource;
import dev.skein.model.Quantization;
import dev.skein.model.random.RandomWeights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A loaded model takes the memory of its weights: the file that they are read from does not stay.
 */
class LoadMemoryTest {
  private static final long MEGABYTE = 1 << 20;

  @TempDir Path folder;

  private record Loaded(long weights, long peak) {}

  private static Loaded load(Path model) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                LoadMain.class.getName(),
                model.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).isZero();
    String[] numbers = answer.split(" ");
    return new Loaded(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
  }

  private Path published(int layers, int width, int vocabulary) throws IOException {
    RandomWeights.Shape shape =
        new RandomWeights.Shape(layers, width, 64, 4 * width, vocabulary, 32, 32, 32, 32);
    Path file = folder.resolve("random-" + layers + ".safetensors");
    new SafetensorsWriter(RandomWeights.of(shape, 3), null).write(file, LoadProgress.NONE);
    return file;
  }

  @Test
  void theFileDoesNotStayInMemory() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/status")), "memory is measured on Linux only");
    long none = load(published(1, 64, 64)).peak();
    Path model = published(3, 1024, 16384);
    Loaded read = load(model);
    assertThat(Files.size(model)).isGreaterThan(130 * MEGABYTE);
    assertThat(read.weights()).isBetween(80 * MEGABYTE, 110 * MEGABYTE);
    assertThat(read.peak() - none).isLessThan(read.weights() * 11 / 10 + 40 * MEGABYTE);
    Path converted = folder.resolve("random.skein");
    try (ModelSource source = ModelSource.open(model, Model.Options.defaults());
        WorkerPool workers = new WorkerPool(2)) {
      new Conversion(source, Quantization.INT8).write(converted, workers, LoadProgress.NONE);
    }
    Loaded mapped = load(converted);
    assertThat(mapped.weights()).isEqualTo(read.weights());
    assertThat(mapped.peak() - none).isLessThan(mapped.weights() * 11 / 10 + 40 * MEGABYTE);
  }
}
