package dev.skein.model.file.torch;

import dev.skein.model.file.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.StringJoiner;

/** Writes tensors as files of weights. */
public final class WeightFiles {
  private WeightFiles() {}

  /** A .safetensors with the tensors in their order and type. */
  public static Path safetensors(Path file, Collection<Tensor> tensors) throws IOException {
    StringJoiner header = new StringJoiner(",", "{\"__metadata__\":{\"format\":\"pt\"},", "}");
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (Tensor tensor : tensors) {
      byte[] bytes = new byte[(int) tensor.elements() * tensor.type().bytes()];
      tensor.copyBytes(0, bytes, (int) tensor.elements());
      header.add(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  tensor.name(),
                  tensor.type(),
                  Arrays.toString(tensor.shape()),
                  data.size(),
                  data.size() + bytes.length));
      data.writeBytes(bytes);
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(length.array());
    whole.writeBytes(text);
    whole.writeBytes(data.toByteArray());
    return Files.write(file, whole.toByteArray());
  }

  /** A zip as torch writes it, in fp32. */
  public static Path torch(Path file, Collection<Tensor> tensors) throws IOException {
    TorchFileBuilder builder = new TorchFileBuilder();
    int key = 0;
    for (Tensor tensor : tensors) {
      int rank = tensor.rank();
      long[] extent = Arrays.copyOf(tensor.shape(), 2 * rank);
      for (int d = rank - 1; d >= 0; d--) {
        extent[rank + d] = d == rank - 1 ? 1 : extent[rank + d + 1] * tensor.dim(d + 1);
      }
      builder.tensor(
          tensor.name(), "FloatStorage", String.valueOf(key++), tensor.elements(), 0, extent);
    }
    builder.end();
    key = 0;
    for (Tensor tensor : tensors) {
      float[] values = new float[(int) tensor.elements()];
      tensor.read(values);
      builder.floats(String.valueOf(key++), values);
    }
    return builder.write(file);
  }
}
