package dev.skein.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** The vectors of one golden prompt: safetensors of floats and 32-bit integers. */
final class GoldenFile {
  private final ByteBuffer data;
  private final JsonNode header;
  private final int begin;

  GoldenFile(Path path) throws IOException {
    data = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    int length = Math.toIntExact(data.getLong(0));
    header = new ObjectMapper().readTree(data.array(), 8, length);
    begin = 8 + length;
  }

  boolean has(String name) {
    return header.has(name);
  }

  int[] ints(String name) {
    ByteBuffer bytes = bytes(name, "I32");
    int[] out = new int[bytes.remaining() / 4];
    bytes.asIntBuffer().get(out);
    return out;
  }

  float[] floats(String name) {
    ByteBuffer bytes = bytes(name, "F32");
    float[] out = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(out);
    return out;
  }

  private ByteBuffer bytes(String name, String type) {
    JsonNode tensor = header.get(name);
    if (tensor == null || !tensor.get("dtype").asText().equals(type)) {
      throw new IllegalStateException("no tensor " + name + " of type " + type);
    }
    int from = tensor.get("data_offsets").get(0).asInt();
    int to = tensor.get("data_offsets").get(1).asInt();
    return data.slice(begin + from, to - from).order(ByteOrder.LITTLE_ENDIAN);
  }
}
