package dev.skein.model.file.torch;

import java.util.List;
import java.util.SequencedMap;

/**
 * What the pickle of a state dict may consist of. None of these is ever compared or hashed by
 * content.
 */
sealed interface PickleValue {

  /** None, True, False and numbers that nobody asks for. */
  enum Atom implements PickleValue {
    NONE,
    TRUE,
    FALSE,
    NUMBER,
    MARK
  }

  record Text(String value) implements PickleValue {}

  record Whole(long value) implements PickleValue {}

  /** A tuple, fixed when it is made. */
  record Tuple(List<PickleValue> items) implements PickleValue {}

  /** A list: grows, and may contain itself. */
  record Items(List<PickleValue> items) implements PickleValue {}

  /** A dict or OrderedDict with text as keys. */
  record Dict(SequencedMap<String, PickleValue> entries) implements PickleValue {}

  /** One of the names on the allow-list; {@code type} only for storages. */
  record Known(Callable callable, String name) implements PickleValue {}

  /** The constructors that a state dict needs; a storage cannot be called. */
  enum Callable {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_PARAMETER,
    STORAGE
  }

  /** A piece of raw data of that class, by the key under which it is stored. */
  record Storage(String type, String key, long elements) implements PickleValue {}

  /** A tensor as a view of a storage; offset and strides in elements. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record View(Storage storage, long offset, long[] shape, long[] strides) implements PickleValue {}
}
