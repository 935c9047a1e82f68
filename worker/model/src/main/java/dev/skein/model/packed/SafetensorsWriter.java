package dev.skein.model.packed;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.LoadProgress;
import dev.skein.model.file.DataType;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes any model as a safetensors file with BlinkDL's names, which other programs read: the types
 * as stored, or one type for all.
 */
public final class SafetensorsWriter {
  private static final int PIECE = 1 << 18;

  private final ModelFile source;
  private final @Nullable DataType type;

  /**
   * @param type of all tensors, to which values are rounded, or null for each tensor's own
   */
  public SafetensorsWriter(ModelFile source, @Nullable DataType type) {
    this.source = source;
    this.type = type;
  }

  /**
   * Writes the file; there is none, or the old one, if that fails.
   *
   * @throws ModelFormatException if the source was converted before, or a value is no finite number
   *     of the type
   * @throws IOException if the file cannot be written
   */
  public void write(Path target, LoadProgress progress) throws IOException {
    if (source instanceof SkeinFile) {
      throw ModelFormatException.of(
          source.path(),
          "it was converted before, and its weights are rounded",
          "convert the model that it was made from");
    }
    List<Tensor> tensors = new ArrayList<>();
    for (String name : source.names()) {
      tensors.add(source.require(name));
    }
    tensors.sort(Comparator.comparingInt(t -> -type(t).bytes())); // so that all are aligned
    byte[] header = header(tensors);
    long bytes = 8L + header.length;
    for (Tensor tensor : tensors) {
      bytes += tensor.elements() * type(tensor).bytes();
    }
    try (NewFile file = new NewFile(target, bytes)) {
      ByteBuffer head = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
      write(file.channel(), head.putLong(header.length).put(header).flip());
      long done = 0;
      for (Tensor tensor : tensors) {
        write(file.channel(), tensor);
        source.unload();
        progress.loaded(++done, tensors.size());
      }
      file.channel().force(true);
      file.publish();
    }
  }

  private DataType type(Tensor tensor) {
    return type == null ? tensor.type() : type;
  }

  private byte[] header(List<Tensor> tensors) throws IOException {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    long at = 0;
    for (Tensor tensor : tensors) {
      ObjectNode entry = json.putObject(tensor.name());
      entry.put("dtype", type(tensor).name());
      Arrays.stream(tensor.shape()).forEach(entry.putArray("shape")::add);
      long end = at + tensor.elements() * type(tensor).bytes();
      entry.putArray("data_offsets").add(at).add(end);
      at = end;
    }
    byte[] text = new ObjectMapper().writeValueAsBytes(json);
    byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }

  private void write(FileChannel channel, Tensor tensor) throws IOException {
    float[] values = new float[(int) Math.min(PIECE, tensor.elements())];
    byte[] bytes = new byte[values.length * 4];
    for (long first = 0; first < tensor.elements(); first += values.length) {
      int count = (int) Math.min(values.length, tensor.elements() - first);
      int size = type(tensor).bytes();
      if (type(tensor) == tensor.type()) {
        tensor.copyBytes(first, bytes, count);
      } else {
        tensor.read(first, values, 0, count);
        round(tensor, values, count, bytes);
      }
      write(channel, ByteBuffer.wrap(bytes, 0, count * size));
    }
  }

  private void round(Tensor tensor, float[] values, int count, byte[] bytes)
      throws ModelFormatException {
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      float rounded = type(tensor).put(out, values[i]);
      if (Float.isInfinite(rounded) && !Float.isInfinite(values[i])) {
        throw ModelFormatException.of(
            source.path(),
            "tensor '%s' holds %s, too large for %s".formatted(tensor.name(), values[i], type),
            "choose another type");
      }
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
