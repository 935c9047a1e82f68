package dev.skein.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The bundled model, and a copy of it that says other things. */
final class ChangedModel {
  static final Path ORIGINAL = Checkout.root().resolve("ops/models/skein-demo-9m");

  private ChangedModel() {}

  /** Copies the model into a new folder, some of its weights changed. */
  static Path into(Path copy) throws IOException {
    Files.createDirectories(copy);
    try (Stream<Path> files = Files.list(ORIGINAL)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName().toString()));
      }
    }
    Path weights = copy.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    for (int i = bytes.length / 2; i < bytes.length / 2 + 40_000; i += 2) {
      bytes[i] ^= 0x40;
    }
    Files.write(weights, bytes);
    return copy;
  }
}
