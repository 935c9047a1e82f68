package dev.skein.model.file;

import dev.skein.model.file.PickleValue.Dict;
import dev.skein.model.file.PickleValue.View;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the zip form of {@code torch.save(state_dict)} (torch 1.6 and newer): {@code
 * <folder>/data.pkl} describes a dict of tensors as views of storages, {@code <folder>/data/<key>}
 * are the storages, uncompressed. Views may share a storage, begin anywhere in it and have any
 * strides; each must lie inside it.
 */
final class TorchReader {
  private static final String PICKLE = "data.pkl";
  private static final int PICKLE_MAX = 8 << 20;
  private static final String MEND = "take the published .pth of an RWKV model, or a .safetensors";

  private final Mapping file;
  private final ZipDirectory zip;
  private final String folder;

  private TorchReader(Mapping file, ZipDirectory zip, String folder) {
    this.file = file;
    this.zip = zip;
    this.folder = folder;
  }

  static SequencedMap<String, Tensor> read(Mapping file) throws ModelFormatException {
    ZipDirectory zip = ZipDirectory.read(file);
    TorchReader reader = new TorchReader(file, zip, folder(file, zip));
    reader.requireLittleEndian();
    return reader.tensors();
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
    ZipDirectory.Span span = zip.find(folder + "byteorder");
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

  private SequencedMap<String, Tensor> tensors() throws ModelFormatException {
    ZipDirectory.Span pickle = entry(folder + PICKLE);
    if (pickle.size() > PICKLE_MAX) {
      throw ModelFormatException.damaged(
          file.path(), "its pickle is larger than " + PICKLE_MAX + " bytes");
    }
    if (!(PickleReader.read(file, pickle) instanceof Dict dict)) {
      throw ModelFormatException.of(file.path(), "it does not hold a dict of tensors", MEND);
    }
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, PickleValue> entry : dict.entries().entrySet()) {
      if (!(entry.getValue() instanceof View view)) {
        throw ModelFormatException.of(
            file.path(), "its entry '" + Printable.of(entry.getKey()) + "' is not a tensor", MEND);
      }
      tensors.put(entry.getKey(), tensor(entry.getKey(), view));
    }
    return tensors;
  }

  private Tensor tensor(String name, View view) throws ModelFormatException {
    ZipDirectory.Span span = entry(folder + "data/" + view.storage().key());
    int bytes = view.storage().type().bytes();
    long stored = view.storage().elements();
    if (stored > span.size() / bytes) {
      throw bad(
          name,
          "needs " + stored + " elements, of which only " + span.size() / bytes + " are stored");
    }
    long used = used(name, view);
    if (view.offset() < 0 || view.offset() > stored - used) {
      throw bad(name, "reaches beyond its storage");
    }
    return new Tensor(
        name,
        view.storage().type(),
        view.shape(),
        view.strides(),
        file.slice(span.from() + view.offset() * bytes, used * bytes));
  }

  /**
   * The number of stored elements from a view's first to its last one; also refuses absurd shapes.
   */
  private long used(String name, View view) throws ModelFormatException {
    try {
      long elements = Tensor.count(view.shape());
      if (elements == 0) {
        throw bad(name, "has no elements");
      }
      // An expanded tensor (stride 0) may be larger than its storage, but not larger than any file.
      if (elements > file.size()) {
        throw bad(name, "has " + elements + " elements, more than the file has bytes");
      }
      long last = 0;
      for (int d = 0; d < view.shape().length; d++) {
        last = Math.addExact(last, Math.multiplyExact(view.shape()[d] - 1, view.strides()[d]));
      }
      return Math.addExact(last, 1);
    } catch (ArithmeticException e) {
      throw bad(name, "has a shape too large for any file");
    }
  }

  private ZipDirectory.Span entry(String name) throws ModelFormatException {
    ZipDirectory.@Nullable Span span = zip.find(name);
    if (span == null) {
      throw ModelFormatException.damaged(
          file.path(), "its entry '" + Printable.of(name) + "' is missing");
    }
    return span;
  }

  private ModelFormatException bad(String tensor, String fault) {
    return ModelFormatException.damaged(
        file.path(), "tensor '" + Printable.of(tensor) + "' " + fault);
  }
}
