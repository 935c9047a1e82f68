package dev.skein.model.file.torch;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SequencedMap;

/** Writes small .pth files as torch does, and wrongly where a test asks for it. */
public final class TorchFileBuilder {
  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
  private final ByteArrayOutputStream zip = new ByteArrayOutputStream();
  private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
  private int entries;
  private boolean zip64;
  private int method;
  private int flags;

  public TorchFileBuilder() {
    raw(0x80, 2);
    global("collections", "OrderedDict").raw(')', 'R', '(');
  }

  /** All sizes and offsets in zip64 fields, as in files beyond 4 GB. */
  TorchFileBuilder zip64() {
    zip64 = true;
    return this;
  }

  TorchFileBuilder method(int value) {
    method = value;
    return this;
  }

  TorchFileBuilder flags(int value) {
    flags = value;
    return this;
  }

  TorchFileBuilder raw(int... bytes) {
    for (int b : bytes) {
      pickle.write(b);
    }
    return this;
  }

  TorchFileBuilder text(String text) {
    raw('X').le(text.length(), 4);
    pickle.writeBytes(text.getBytes(US_ASCII));
    return this;
  }

  TorchFileBuilder global(String module, String name) {
    raw('c');
    pickle.writeBytes((module + "\n" + name + "\n").getBytes(US_ASCII));
    return this;
  }

  TorchFileBuilder whole(long value) {
    raw(0x8a, 8);
    return le(value, 8);
  }

  private TorchFileBuilder le(long value, int bytes) {
    pickle.writeBytes(little(value, bytes));
    return this;
  }

  private static byte[] little(long value, int bytes) {
    return java.util.Arrays.copyOf(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array(), bytes);
  }

  /** A tensor over a storage: {@code extent} is the shape, then the strides. */
  public TorchFileBuilder tensor(
      String name, String type, String key, long stored, long offset, long... extent) {
    return text(name).rebuild(type, key, stored, offset, extent);
  }

  /** Like {@link #tensor}, wrapped in an nn.Parameter. */
  TorchFileBuilder parameter(
      String name, String type, String key, long stored, long offset, long... extent) {
    text(name).global("torch._utils", "_rebuild_parameter").raw('(');
    return rebuild(type, key, stored, offset, extent).raw(0x88).hooks();
  }

  private TorchFileBuilder rebuild(
      String type, String key, long stored, long offset, long... extent) {
    global("torch._utils", "_rebuild_tensor_v2").raw('(');
    raw('(')
        .text("storage")
        .global("torch", type)
        .text(key)
        .text("cpu")
        .whole(stored)
        .raw('t', 'Q');
    whole(offset);
    int rank = extent.length / 2;
    for (int part = 0; part < 2; part++) {
      raw('(');
      for (int d = 0; d < rank; d++) {
        whole(extent[part * rank + d]);
      }
      raw('t');
    }
    return raw(0x89).hooks();
  }

  /** An empty OrderedDict as the last argument of a call. */
  private TorchFileBuilder hooks() {
    return global("collections", "OrderedDict").raw(')', 'R', 't', 'R');
  }

  /** Ends the dict, gives it attributes as a module's state_dict has, and stops. */
  TorchFileBuilder end() {
    return entry("archive/data.pkl", ended());
  }

  private byte[] ended() {
    raw('u', '}', '(').text("_metadata").raw('}').raw('u', 'b', '.');
    return pickle.toByteArray();
  }

  /** The file of before torch 1.6: pickles, then the storages of those keys. */
  public Path writeLegacy(Path file, SequencedMap<String, float[]> storages) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    put(out, 0x46_9c_fc_6c_0a_8a_02_80L, 8, 0x2e_19_50_a8_6a_20_f9L, 7);
    put(out, 0x80, 1, 2, 1, 'M', 1, 1001, 2, '.', 1);
    out.writeBytes(new TorchFileBuilder(0).text("little_endian").raw(0x88, 'u', '.').bare());
    out.writeBytes(ended());
    TorchFileBuilder keys = new TorchFileBuilder(1);
    storages.sequencedKeySet().forEach(keys::text);
    out.writeBytes(keys.raw('e', '.').bare());
    for (float[] values : storages.values()) {
      put(out, values.length, 8);
      for (float value : values) {
        put(out, Float.floatToRawIntBits(value), 4);
      }
    }
    return Files.write(file, out.toByteArray());
  }

  /** The pickle of a plain dict (0) or list (1) that is being filled. */
  private TorchFileBuilder(int list) {
    raw(0x80, 2, list == 0 ? '}' : ']', '(');
  }

  private byte[] bare() {
    return pickle.toByteArray();
  }

  TorchFileBuilder floats(String key, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return entry("archive/data/" + key, bytes.array());
  }

  TorchFileBuilder entry(String name, byte[] content) {
    byte[] path = name.getBytes(US_ASCII);
    long offset = zip.size();
    put(
        zip,
        0x04034b50,
        4,
        20,
        2,
        flags,
        2,
        method,
        2,
        0,
        4,
        0,
        4,
        content.length,
        4,
        content.length,
        4);
    put(zip, path.length, 2, 5, 2);
    zip.writeBytes(path);
    put(zip, 0x4246, 2, 1, 2, 'Z', 1);
    zip.writeBytes(content);
    long small = zip64 ? 0xffff_ffffL : content.length;
    put(
        directory,
        0x02014b50,
        4,
        20,
        2,
        20,
        2,
        flags,
        2,
        method,
        2,
        0,
        4,
        0,
        4,
        small,
        4,
        small,
        4);
    put(directory, path.length, 2, zip64 ? 28 : 0, 2, 0, 2, 0, 2, 0, 2, 0, 4);
    put(directory, zip64 ? 0xffff_ffffL : offset, 4);
    directory.writeBytes(path);
    if (zip64) {
      put(directory, 1, 2, 24, 2, content.length, 8, content.length, 8, offset, 8);
    }
    entries++;
    return this;
  }

  private static void put(ByteArrayOutputStream out, long... valuesAndSizes) {
    for (int i = 0; i < valuesAndSizes.length; i += 2) {
      out.writeBytes(little(valuesAndSizes[i], (int) valuesAndSizes[i + 1]));
    }
  }

  Path write(Path file) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(zip.toByteArray());
    whole.writeBytes(directory.toByteArray());
    long at = zip.size();
    if (zip64) {
      long end = whole.size();
      put(whole, 0x06064b50, 4, 44, 8, 45, 2, 45, 2, 0, 4, 0, 4, entries, 8, entries, 8);
      put(whole, directory.size(), 8, at, 8);
      put(whole, 0x07064b50, 4, 0, 4, end, 8, 1, 4);
    }
    long small = zip64 ? 0xffff : entries;
    put(whole, 0x06054b50, 4, 0, 2, 0, 2, small, 2, small, 2);
    put(whole, zip64 ? 0xffff_ffffL : directory.size(), 4, zip64 ? 0xffff_ffffL : at, 4, 0, 2);
    return Files.write(file, whole.toByteArray());
  }
}
