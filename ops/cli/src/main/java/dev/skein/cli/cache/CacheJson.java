package dev.skein.cli.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * JSON about models: files that no reader ever sees half of, and lines for programs, in pure ASCII.
 */
public final class CacheJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private CacheJson() {}

  /** An empty object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** The object in these bytes, or null if there is none. */
  static @Nullable JsonNode readOrNull(byte[] bytes) throws IOException {
    try {
      JsonNode root = MAPPER.readTree(bytes);
      return root.isObject() ? root : null;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  /** The value in one line. */
  public static String line(JsonNode value) throws IOException {
    return MAPPER.writeValueAsString(value);
  }

  static void write(Path file, JsonNode root) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.write(fresh, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
