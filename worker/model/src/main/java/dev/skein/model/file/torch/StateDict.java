package dev.skein.model.file.torch;

import dev.skein.model.file.DataType;
import dev.skein.model.file.FileContents;
import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.torch.PickleValue.Dict;
import dev.skein.model.file.torch.PickleValue.Storage;
import dev.skein.model.file.torch.PickleValue.View;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Makes tensors of an unpickled dict: each is a view of a storage and must lie inside it. Views may
 * share a storage, begin anywhere in it and have any strides.
 */
final class StateDict {
  /** What ChatRWKV's conversion puts beside the tensors: the strategy that they were made for. */
  private static final String CONVERTED = "_strategy";

  private final Mapping file;
  private final Storages storages;

  /** Where the storages lie. */
  @FunctionalInterface
  interface Storages {
    /** The piece of the file that holds the storage of that key. */
    Span find(String key) throws ModelFormatException;
  }

  StateDict(Mapping file, Storages storages) {
    this.file = file;
    this.storages = storages;
  }

  FileContents contents(PickleValue value) throws ModelFormatException {
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, View> entry : views(file, value).entrySet()) {
      tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue()));
    }
    return FileContents.of(tensors);
  }

  /**
   * What an unpickled dict says of its tensors.
   *
   * @throws ModelFormatException if it is no dict, or holds anything else
   */
  static SequencedMap<String, View> views(Mapping file, PickleValue value)
      throws ModelFormatException {
    if (!(value instanceof Dict dict)) {
      throw ModelFormatException.of(
          file.path(), "it does not hold a dict of tensors", TorchReader.MEND);
    }
    if (dict.entries().containsKey(CONVERTED)) {
      throw ModelFormatException.of(
          file.path(),
          "ChatRWKV has converted it for itself (it has an entry "
              + CONVERTED
              + "): its matrices are turned and rounded",
          "take the published .pth that it was made from");
    }
    SequencedMap<String, View> views = new LinkedHashMap<>();
    for (Map.Entry<String, PickleValue> entry : dict.entries().entrySet()) {
      if (!(entry.getValue() instanceof View view)) {
        throw ModelFormatException.of(
            file.path(),
            "its entry '" + Printable.of(entry.getKey()) + "' is not a tensor",
            TorchReader.MEND);
      }
      views.put(entry.getKey(), view);
    }
    return views;
  }

  /** How the elements of a storage are stored. */
  static DataType type(Mapping file, Storage storage) throws ModelFormatException {
    return switch (storage.type()) {
      case "torch.FloatStorage" -> DataType.F32;
      case "torch.HalfStorage" -> DataType.F16;
      case "torch.BFloat16Storage" -> DataType.BF16;
      default ->
          throw ModelFormatException.of(
              file.path(),
              "it holds a " + storage.type() + ", not weights of type float, half or bfloat16",
              "convert the model to one of these");
    };
  }

  private Tensor tensor(String name, View view) throws ModelFormatException {
    Span span = storages.find(view.storage().key());
    DataType type = type(file, view.storage());
    int bytes = type.bytes();
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
    return Tensor.strided(
        name,
        type,
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

  private ModelFormatException bad(String tensor, String fault) {
    return ModelFormatException.damaged(
        file.path(), "tensor '" + Printable.of(tensor) + "' " + fault);
  }
}
