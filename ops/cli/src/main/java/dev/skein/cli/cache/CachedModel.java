package dev.skein.cli.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.web.HubException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model on this machine.
 *
 * @param name by which {@code --model} finds it
 * @param folder that holds it; what the model loader is given
 * @param weights plain name of the file of its weights, or null if it came as a folder
 * @param bytes of the weights, or of everything in the folder
 * @param sha256 of the weights, or null if it came as a folder
 * @param licence as far as it is known, or null
 * @param origin address or path that it came from
 */
public record CachedModel(
    String name,
    Path folder,
    @Nullable String weights,
    long bytes,
    @Nullable String sha256,
    @Nullable String licence,
    String origin) {
  static final String FILE = "source.json";
  private static final long SIZE_MAX = 1 << 16;

  /** The model of a folder, or null if there is none in it. */
  static @Nullable CachedModel read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return null;
    }
    JsonNode source =
        Files.size(file) > SIZE_MAX ? null : CacheJson.readOrNull(Files.readAllBytes(file));
    if (source == null || source.path("name").asText().isEmpty()) {
      throw HubException.last(
          file + " is damaged; delete the folder " + folder + " and get the model again");
    }
    return new CachedModel(
        source.path("name").asText(),
        folder,
        source.path("weights").textValue(),
        source.path("bytes").asLong(),
        source.path("sha256").textValue(),
        source.path("licence").textValue(),
        source.path("origin").asText());
  }

  /** Writes it down in its folder, the last act of getting a model. */
  void write() throws IOException {
    ObjectNode source = CacheJson.object();
    source.put("name", name);
    source.put("weights", weights);
    source.put("bytes", bytes);
    source.put("sha256", sha256);
    source.put("licence", licence);
    source.put("origin", origin);
    CacheJson.write(folder.resolve(FILE), source);
  }

  /** Whether the weights are there in their whole length. */
  boolean complete() throws IOException {
    String file = weights;
    return file == null
        || (Files.isRegularFile(folder.resolve(file)) && Files.size(folder.resolve(file)) == bytes);
  }
}
