package dev.skein.model.file.torch;

import dev.skein.model.file.FileContents;
import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import java.nio.charset.StandardCharsets;

/**
 * Reads the zip form of {@code torch.save(state_dict)} (torch 1.6 and newer): {@code
 * <folder>/data.pkl} describes a dict of tensors as views of storages, {@code <folder>/data/<key>}
 * are the storages, uncompressed. Views may share a storage, begin anywhere in it and have any
 * strides; each must lie inside it.
 */
public final class TorchReader {
  private static final String PICKLE = "data.pkl";
  private static final int PICKLE_MAX = 8 << 20;
  static final String MEND = "take the published .pth of an RWKV model, or a .safetensors";

  private final Mapping file;
  private final ZipDirectory zip;
  private final String folder;

  private TorchReader(Mapping file, ZipDirectory zip, String folder) {
    this.file = file;
    this.zip = zip;
    this.folder = folder;
  }

  /** Reads the zip in {@code file}. */
  public static FileContents read(Mapping file) throws ModelFormatException {
    ZipDirectory zip = ZipDirectory.read(file);
    TorchReader reader = new TorchReader(file, zip, folder(file, zip));
    reader.requireLittleEndian();
    return reader.contents();
  }

  private static String folder(Mapping file, ZipDirectory zip) throws ModelFormatException {
    String found = null;
    for (String name : zip.names()) {
      if (name.equals(PICKLE) || name.endsWith("/" + PICKLE)) {
        if (found != null) {
          throw ModelFormatException.of(file.path(), "it holds two models (two data.pkl)", MEND);
        }
        found = name;
      }
    }
    if (found == null) {
      throw ModelFormatException.of(
          file.path(), "it is a zip file, but not one of torch (no data.pkl)", MEND);
    }
    return found.substring(0, found.length() - PICKLE.length());
  }

  private void requireLittleEndian() throws ModelFormatException {
    Span span = zip.find(folder + "byteorder");
    if (span == null) {
      return;
    }
    String order =
        new String(
            file.bytes(span.from(), (int) Math.min(span.size(), 16)), StandardCharsets.US_ASCII);
    if (!order.equals("little")) {
      throw ModelFormatException.of(
          file.path(),
          "its numbers are stored in byte order '" + Printable.of(order) + "'",
          "save it again on a little-endian machine");
    }
  }

  private FileContents contents() throws ModelFormatException {
    Span pickle = entry(folder + PICKLE);
    if (pickle.size() > PICKLE_MAX) {
      throw ModelFormatException.damaged(
          file.path(), "its pickle is larger than " + PICKLE_MAX + " bytes");
    }
    return new StateDict(file, key -> entry(folder + "data/" + key))
        .contents(new PickleReader(file, pickle).next());
  }

  private Span entry(String name) throws ModelFormatException {
    Span span = zip.find(name);
    if (span == null) {
      throw ModelFormatException.damaged(
          file.path(), "its entry '" + Printable.of(name) + "' is missing");
    }
    return span;
  }
}
