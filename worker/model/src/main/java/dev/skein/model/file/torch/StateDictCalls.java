package dev.skein.model.file.torch;

import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import dev.skein.model.file.torch.PickleValue.Atom;
import dev.skein.model.file.torch.PickleValue.Callable;
import dev.skein.model.file.torch.PickleValue.Dict;
import dev.skein.model.file.torch.PickleValue.Known;
import dev.skein.model.file.torch.PickleValue.Storage;
import dev.skein.model.file.torch.PickleValue.Text;
import dev.skein.model.file.torch.PickleValue.Tuple;
import dev.skein.model.file.torch.PickleValue.View;
import dev.skein.model.file.torch.PickleValue.Whole;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * The allow-list of a state dict's pickle, and what its calls mean: an empty OrderedDict, a tensor
 * as a view of a storage, a parameter as the tensor in it. "Calling" one only makes a record.
 */
final class StateDictCalls {
  private static final int DIMENSIONS_MAX = 8;

  private final Path path;

  StateDictCalls(Path path) {
    this.path = path;
  }

  /** The class or function of that name, if it is on the list. */
  PickleValue global(String module, String name) throws ModelFormatException {
    String full = module + "." + name;
    return switch (full) {
      case "collections.OrderedDict" -> new Known(Callable.ORDERED_DICT, full);
      case "torch._utils._rebuild_tensor_v2" -> new Known(Callable.REBUILD_TENSOR, full);
      case "torch._utils._rebuild_parameter" -> new Known(Callable.REBUILD_PARAMETER, full);
      default -> {
        if (module.equals("torch") && name.matches("[A-Za-z0-9]{1,24}Storage")) {
          yield new Known(Callable.STORAGE, full);
        }
        throw ModelFormatException.of(
            path,
            "its pickle asks for '"
                + Printable.of(full)
                + "', which is refused: plain weights never need it",
            "do not trust this file; take the published one or a .safetensors");
      }
    };
  }

  /**
   * A persistent id: ("storage", torch.HalfStorage, key, device, number of elements); before torch
   * 1.6 with a sixth item, None unless the storage is a part of another.
   */
  PickleValue storage(PickleValue id) throws ModelFormatException {
    if (id instanceof Tuple(List<PickleValue> items)
        && (items.size() == 5 || (items.size() == 6 && items.get(5) == Atom.NONE))
        && items.get(0) instanceof Text(String kind)
        && kind.equals("storage")
        && items.get(1) instanceof Known(Callable callable, String type)
        && callable == Callable.STORAGE
        && items.get(2) instanceof Text(String key)
        && items.get(4) instanceof Whole(long elements)
        && elements >= 0) {
      return new Storage(type, key, elements);
    }
    throw bad("its pickle describes a storage in a way that torch does not");
  }

  /** What calling {@code callee} with {@code arguments} gives. */
  PickleValue call(PickleValue callee, PickleValue arguments) throws ModelFormatException {
    if (callee instanceof Known(Callable callable, String name)
        && arguments instanceof Tuple(List<PickleValue> items)) {
      return switch (callable) {
        case ORDERED_DICT -> {
          if (!items.isEmpty()) {
            throw bad("its pickle fills an OrderedDict in a way that torch does not");
          }
          yield new Dict(new LinkedHashMap<>());
        }
        case REBUILD_TENSOR -> view(items);
        case REBUILD_PARAMETER -> parameter(items);
        case STORAGE -> throw bad("its pickle calls '" + name + "'");
      };
    }
    throw bad("its pickle calls something that cannot be called");
  }

  /**
   * Arguments: storage, offset, size, stride, requires_grad, hooks and, of newer versions,
   * metadata.
   */
  private View view(List<PickleValue> items) throws ModelFormatException {
    if (items.size() >= 4
        && items.size() <= 7
        && items.get(0) instanceof Storage storage
        && items.get(1) instanceof Whole(long offset)
        && items.get(2) instanceof Tuple(List<PickleValue> size)
        && items.get(3) instanceof Tuple(List<PickleValue> stride)
        && size.size() == stride.size()
        && size.size() <= DIMENSIONS_MAX) {
      return new View(storage, offset, numbers(size), numbers(stride));
    }
    throw bad("its pickle describes a tensor in a way that torch does not");
  }

  private View parameter(List<PickleValue> items) throws ModelFormatException {
    if (!items.isEmpty() && items.size() <= 3 && items.get(0) instanceof View view) {
      return view;
    }
    throw bad("its pickle describes a parameter in a way that torch does not");
  }

  private long[] numbers(List<PickleValue> items) throws ModelFormatException {
    long[] values = new long[items.size()];
    for (int i = 0; i < values.length; i++) {
      if (!(items.get(i) instanceof Whole(long value)) || value < 0) {
        throw bad("its pickle has a size or stride that is no whole number from 0 on");
      }
      values[i] = value;
    }
    return values;
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.damaged(path, fault);
  }
}
