package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The golden vectors of the reference implementations: where they are, and how to read one. */
public final class GoldenSet {
  private GoldenSet() {}

  /** The whole set if it is on this machine, else the part of it that the project carries. */
  public static Path folder() {
    Path whole = wholeSet();
    return isSet(whole) ? whole : home().resolve("worker/model/src/test/resources/testdata");
  }

  /** Skips the calling test, visibly, where only the project's own part is there. */
  public static void assumeWholeSet() {
    Path whole = wholeSet();
    Assumptions.assumeTrue(
        isSet(whole), () -> "no golden vectors at " + whole + ": set SKEIN_TESTDATA");
  }

  private static Path wholeSet() {
    String given = System.getProperty("SKEIN_TESTDATA", System.getenv("SKEIN_TESTDATA"));
    return given != null ? Path.of(given) : home().resolve("../shared/testdata").normalize();
  }

  private static boolean isSet(Path folder) {
    return Files.isRegularFile(folder.resolve("index.json"));
  }

  private static Path home() {
    return Path.of(System.getProperty("skein.home", "."));
  }

  public static JsonNode index(Path folder) throws IOException {
    return new ObjectMapper().readTree(folder.resolve("index.json").toFile());
  }

  /** One file of tensors, of 32-bit floats and integers only. */
  public record Tensors(JsonNode header, ByteBuffer data) {
    public static Tensors read(Path file) throws IOException {
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      int length = Math.toIntExact(all.getLong(0));
      JsonNode header = new ObjectMapper().readTree(all.array(), 8, length);
      ByteBuffer data = all.slice(8 + length, all.capacity() - 8 - length);
      return new Tensors(header, data.order(ByteOrder.LITTLE_ENDIAN));
    }

    public boolean has(String name) {
      return header.has(name);
    }

    private ByteBuffer bytes(String name) {
      JsonNode range = header.path(name).path("data_offsets");
      int from = range.get(0).intValue();
      int to = range.get(1).intValue();
      return data.slice(from, to - from).order(ByteOrder.LITTLE_ENDIAN);
    }

    public float[] floats(String name) {
      ByteBuffer bytes = bytes(name);
      float[] values = new float[bytes.remaining() / 4];
      bytes.asFloatBuffer().get(values);
      return values;
    }

    public int[] ints(String name) {
      ByteBuffer bytes = bytes(name);
      int[] values = new int[bytes.remaining() / 4];
      bytes.asIntBuffer().get(values);
      return values;
    }

    /** The last row of a matrix. */
    public float[] lastRow(String name) {
      float[] all = floats(name);
      int width = header.path(name).path("shape").get(1).intValue();
      float[] row = new float[width];
      System.arraycopy(all, all.length - width, row, 0, width);
      return row;
    }
  }
}
