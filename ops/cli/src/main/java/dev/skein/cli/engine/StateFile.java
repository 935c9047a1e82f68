package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.StateLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a recurrent state as a safetensors file of float32 tensors, named and shaped as the parts
 * of the state layout: what {@link dev.skein.model.start.StartStateFile} reads.
 */
final class StateFile {
  private StateFile() {}

  /** Writes a state, replacing the file. */
  static void write(Path path, StateLayout layout, float[] state) throws IOException {
    byte[] header = header(layout.parts());
    ByteBuffer out =
        ByteBuffer.allocate(8 + header.length + 4 * state.length).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(header.length).put(header);
    for (StateLayout.Part part : layout.parts()) {
      for (int i = 0; i < part.floats(); i++) {
        out.putFloat(state[part.offset() + i]);
      }
    }
    out.flip();
    try (FileChannel file =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      while (out.hasRemaining()) {
        file.write(out);
      }
    }
  }

  /**
   * Names, shapes and byte ranges; padded with spaces so that the data begins at a multiple of
   * eight.
   */
  private static byte[] header(List<StateLayout.Part> parts) throws IOException {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    long at = 0;
    for (StateLayout.Part part : parts) {
      ObjectNode entry = json.putObject(part.name());
      entry.put("dtype", "F32");
      part.shape().forEach(entry.withArray("shape")::add);
      long end = at + 4L * part.floats();
      entry.withArray("data_offsets").add(at).add(end);
      at = end;
    }
    byte[] text = new ObjectMapper().writeValueAsString(json).getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }
}
