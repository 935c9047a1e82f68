package dev.skein.bench.peer;

import dev.skein.model.Quantization;
import dev.skein.model.file.DataType;
import dev.skein.model.file.ModelFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A folder with llama.cpp's libraries and the driver that was compiled against them, as {@code
 * ops/bench/llama.cpp/fetch} makes it. Models that were written for it are kept there.
 */
public final class LlamaCppFolder {
  private final Path folder;
  private final Path driver;

  /**
   * Looks whether all is there.
   *
   * @throws IOException with a sentence that says how to get it
   */
  public LlamaCppFolder(Path folder) throws IOException {
    this.folder = folder;
    this.driver = folder.resolve("driver");
    if (!Files.isExecutable(driver) || !Files.isDirectory(folder.resolve("libraries"))) {
      throw new IOException(
          ("llama.cpp is not in %s: fetch it with ops/bench/llama.cpp/fetch FOLDER, and name the"
                  + " folder with --peer FOLDER")
              .formatted(folder));
    }
  }

  /** llama.cpp's name for the form that is compared with ours: "q8_0". */
  public static String formOf(Quantization quantization) {
    return switch (quantization) {
      case INT8 -> "q8_0";
      case INT4 -> "q4_0";
      case FP16, BF16 -> "f16";
      case FP32 -> "f32";
    };
  }

  /**
   * Starts a process with these weights in that form; the file is made if it is not there yet.
   *
   * @param name by which files of these very weights are kept
   * @param form of {@link #formOf}; quantised from fp16, as llama.cpp's users do
   */
  public LlamaCpp start(String name, ModelFile weights, String form, int threads)
      throws IOException {
    return start(model(folder.resolve("models"), name, weights, form), threads);
  }

  /** Starts a process with a file that is there. */
  LlamaCpp start(Path model, int threads) throws IOException {
    return new LlamaCpp(driver, folder.resolve("libraries"), model, threads);
  }

  /** A file of these weights in that form, made unless it is there. */
  Path model(Path shelf, String name, ModelFile weights, String form) throws IOException {
    Path file = shelf.resolve(name + "-" + form + ".gguf");
    if (Files.exists(file)) {
      return file;
    }
    Files.createDirectories(shelf);
    if (form.equals("f32") || form.equals("f16")) {
      RwkvGguf.write(weights, form.equals("f16") ? DataType.F16 : DataType.F32, file);
    } else {
      quantize(model(shelf, name, weights, "f16"), file, form);
    }
    return file;
  }

  /** Has llama.cpp's own quantiser do it. */
  private void quantize(Path from, Path to, String form) throws IOException {
    Path part = to.resolveSibling(to.getFileName() + ".part");
    Process process =
        new ProcessBuilder(
                driver.toString(),
                folder.resolve("libraries").toString(),
                "quantize",
                from.toString(),
                part.toString(),
                form)
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException("llama.cpp could not quantise " + from + ": " + said.strip());
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while llama.cpp quantised " + from, e);
    }
    Files.move(part, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
