package dev.skein.bench.peer;

import dev.skein.model.file.DataType;
import dev.skein.model.file.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Collects the parts of a GGUF file, version 3, and writes it: metadata, a table of tensors, the
 * tensors at multiples of 32 bytes. Tensors are asked for one at a time when they are written, so
 * that a large model need not stand in memory.
 */
final class GgufWriter {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int PIECE = 1 << 16;

  private static final int U32 = 4;
  private static final int I32 = 5;
  private static final int F32 = 6;
  private static final int TEXT = 8;
  private static final int LIST = 9;

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final List<Entry> tensors = new ArrayList<>();
  private long keys;

  /** A tensor to be written; the shape is in PyTorch's order, the file has it reversed. */
  @SuppressWarnings("ArrayRecordComponent") // a holder, never compared
  private record Entry(String name, DataType type, long[] shape, Supplier<Tensor> source) {
    long bytes() {
      return Tensor.count(shape) * type.bytes();
    }
  }

  GgufWriter text(String key, String value) {
    key(key, TEXT);
    bytes(metadata, value.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  GgufWriter whole(String key, long value) {
    key(key, U32);
    little(metadata, value, 4);
    return this;
  }

  GgufWriter real(String key, float value) {
    key(key, F32);
    little(metadata, Float.floatToRawIntBits(value), 4);
    return this;
  }

  GgufWriter texts(String key, List<String> values) {
    key(key, LIST);
    little(metadata, TEXT, 4);
    little(metadata, values.size(), 8);
    values.forEach(v -> bytes(metadata, v.getBytes(StandardCharsets.UTF_8)));
    return this;
  }

  GgufWriter wholes(String key, int... values) {
    key(key, LIST);
    little(metadata, I32, 4);
    little(metadata, values.length, 8);
    for (int value : values) {
      little(metadata, value, 4);
    }
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param type fp32 or fp16
   * @param shape that the source will have
   */
  GgufWriter tensor(String name, DataType type, long[] shape, Supplier<Tensor> source) {
    tensors.add(new Entry(name, type, shape.clone(), source));
    return this;
  }

  /** Writes the file; it appears under its name when it is complete. */
  void write(Path file) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (FileChannel out =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      put(out, ByteBuffer.wrap(head()));
      for (Entry entry : tensors) {
        write(out, entry);
        pad(out);
      }
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private byte[] head() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    little(out, VERSION, 4);
    little(out, tensors.size(), 8);
    little(out, keys, 8);
    out.writeBytes(metadata.toByteArray());
    long offset = 0;
    for (Entry entry : tensors) {
      bytes(out, entry.name.getBytes(StandardCharsets.UTF_8));
      little(out, entry.shape.length, 4);
      for (int d = entry.shape.length - 1; d >= 0; d--) {
        little(out, entry.shape[d], 8);
      }
      little(out, entry.type == DataType.F16 ? 1 : 0, 4);
      little(out, offset, 8);
      offset = aligned(offset + entry.bytes());
    }
    while (out.size() % ALIGNMENT != 0) {
      out.write(0);
    }
    return out.toByteArray();
  }

  private static void write(FileChannel out, Entry entry) throws IOException {
    Tensor tensor = entry.source.get();
    float[] values = new float[PIECE];
    ByteBuffer bytes =
        ByteBuffer.allocate(PIECE * entry.type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (long first = 0; first < tensor.elements(); first += PIECE) {
      int count = (int) Math.min(PIECE, tensor.elements() - first);
      tensor.read(first, values, 0, count);
      bytes.clear();
      for (int i = 0; i < count; i++) {
        if (!Float.isFinite(entry.type.put(bytes, values[i]))) {
          throw new IOException(
              "%s holds %s, which %s cannot hold"
                  .formatted(entry.name, values[i], entry.type.name().toLowerCase(Locale.ROOT)));
        }
      }
      put(out, bytes.flip());
    }
  }

  private static void pad(FileChannel out) throws IOException {
    put(out, ByteBuffer.allocate((int) (aligned(out.position()) - out.position())));
  }

  private static void put(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  private static long aligned(long offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private void key(String key, int type) {
    bytes(metadata, key.getBytes(StandardCharsets.UTF_8));
    little(metadata, type, 4);
    keys++;
  }

  private static void bytes(ByteArrayOutputStream out, byte[] text) {
    little(out, text.length, 8);
    out.writeBytes(text);
  }

  private static void little(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >> (8 * i)));
    }
  }
}
