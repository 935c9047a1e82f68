package dev.skein.model.file.ggml;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes small files as rwkv.cpp does, and wrong ones where a test asks for it. */
public final class BinFileBuilder {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public BinFileBuilder(int version, int vocabulary, int width, int layers, int type) {
    little(0x67676d66, version, vocabulary, width, layers, type);
  }

  /** An fp32 tensor; {@code shape} as in torch, the file has it reversed. */
  public BinFileBuilder floats(String name, float[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return tensor(name, 0, bytes.array(), shape);
  }

  /** A tensor of any type: its number and the raw bytes. */
  public BinFileBuilder tensor(String name, int type, byte[] bytes, long... shape) {
    byte[] key = name.getBytes(UTF_8);
    little(shape.length, key.length, type);
    for (int d = shape.length - 1; d >= 0; d--) {
      little((int) shape[d]);
    }
    out.writeBytes(key);
    out.writeBytes(bytes);
    return this;
  }

  public Path write(Path file) throws IOException {
    return Files.write(file, out.toByteArray());
  }

  private void little(int... values) {
    for (int value : values) {
      for (int i = 0; i < 4; i++) {
        out.write(value >> (8 * i));
      }
    }
  }
}
