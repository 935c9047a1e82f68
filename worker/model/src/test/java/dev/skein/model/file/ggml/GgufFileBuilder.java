package dev.skein.model.file.ggml;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes small GGUF files, and wrong ones where a test asks for it. */
public final class GgufFileBuilder {
  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final ByteArrayOutputStream infos = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private int version = 3;
  private int alignment = 32;
  private long entries;
  private long tensors;

  public GgufFileBuilder version(int value) {
    version = value;
    return this;
  }

  /** Where tensors begin: also said in the metadata. */
  public GgufFileBuilder alignment(int value) {
    alignment = value;
    return whole("general.alignment", value);
  }

  public GgufFileBuilder text(String key, String value) {
    key(key, 8);
    text(metadata, value);
    return this;
  }

  /** An unsigned 32-bit number. */
  public GgufFileBuilder whole(String key, int value) {
    key(key, 4);
    little(metadata, value, 4);
    return this;
  }

  /** Any value: the type's number and the raw bytes. */
  public GgufFileBuilder raw(String key, int type, byte... bytes) {
    key(key, type);
    metadata.writeBytes(bytes);
    return this;
  }

  public GgufFileBuilder texts(String key, String... values) {
    key(key, 9);
    little(metadata, 8, 4);
    little(metadata, values.length, 8);
    for (String value : values) {
      text(metadata, value);
    }
    return this;
  }

  /** A list of signed 32-bit numbers. */
  public GgufFileBuilder wholes(String key, int... values) {
    key(key, 9);
    little(metadata, 5, 4);
    little(metadata, values.length, 8);
    for (int value : values) {
      little(metadata, value, 4);
    }
    return this;
  }

  /** An fp32 tensor; {@code shape} as in torch, the file has it reversed. */
  public GgufFileBuilder floats(String name, float[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return tensor(name, 0, bytes.array(), shape);
  }

  /** A tensor of any type: its number and the raw bytes. */
  public GgufFileBuilder tensor(String name, int type, byte[] bytes, long... shape) {
    while (data.size() % alignment != 0) {
      data.write(0);
    }
    return tensorAt(name, type, data.size(), bytes, shape);
  }

  /** A tensor that claims to begin at {@code offset}. */
  public GgufFileBuilder tensorAt(String name, int type, long offset, byte[] bytes, long... shape) {
    text(infos, name);
    little(infos, shape.length, 4);
    for (int d = shape.length - 1; d >= 0; d--) {
      little(infos, shape[d], 8);
    }
    little(infos, type, 4);
    little(infos, offset, 8);
    data.writeBytes(bytes);
    tensors++;
    return this;
  }

  public Path write(Path file) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(UTF_8));
    little(out, version, 4);
    little(out, tensors, 8);
    little(out, entries, 8);
    out.writeBytes(metadata.toByteArray());
    out.writeBytes(infos.toByteArray());
    while (out.size() % alignment != 0) {
      out.write(0);
    }
    out.writeBytes(data.toByteArray());
    return Files.write(file, out.toByteArray());
  }

  private void key(String key, int type) {
    text(metadata, key);
    little(metadata, type, 4);
    entries++;
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    little(out, bytes.length, 8);
    out.writeBytes(bytes);
  }

  private static void little(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >> (8 * i)));
    }
  }
}
