package dev.skein.cli.uses;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Writes tensors as a safetensors file of 32-bit floats. */
final class TensorFile {
  private TensorFile() {}

  static Path write(Path file, List<Tensor> tensors) throws IOException {
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    long at = 0;
    for (Tensor tensor : tensors) {
      ObjectNode entry = header.putObject(tensor.name()).put("dtype", "F32");
      Arrays.stream(tensor.shape()).forEach(entry.withArray("shape")::add);
      long end = at + 4 * tensor.elements();
      entry.withArray("data_offsets").add(at).add(end);
      at = end;
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    int size = Math.toIntExact(8 + padded.length + at);
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(padded.length).put(padded);
    for (Tensor tensor : tensors) {
      float[] values = new float[Math.toIntExact(tensor.elements())];
      tensor.read(values);
      for (float value : values) {
        out.putFloat(value);
      }
    }
    return Files.write(file, out.array());
  }
}
