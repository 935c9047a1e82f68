package dev.skein.model.file.torch;

import dev.skein.model.file.FileContents;
import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import dev.skein.model.file.torch.PickleValue.Dict;
import dev.skein.model.file.torch.PickleValue.Items;
import dev.skein.model.file.torch.PickleValue.Text;
import dev.skein.model.file.torch.PickleValue.View;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads the form in which torch saved before version 1.6: one after the other the pickles of a
 * magic number, of the number 1001, of a dict of facts about the machine, of the state dict and of
 * the list of its storages' keys; then, in the order of that list, each storage as its number of
 * elements (8 bytes) and its raw data.
 */
public final class LegacyTorchReader {
  private static final byte[] MAGIC = {
    (byte) 0x80,
    2,
    (byte) 0x8a,
    10,
    0x6c,
    (byte) 0xfc,
    (byte) 0x9c,
    0x46,
    (byte) 0xf9,
    0x20,
    0x6a,
    (byte) 0xa8,
    0x50,
    0x19,
    '.'
  };
  private static final long PROTOCOL = 1001;

  private final Mapping file;
  private final Map<String, Span> spans = new HashMap<>();

  private LegacyTorchReader(Mapping file) {
    this.file = file;
  }

  /** Whether the file begins as this form does. */
  public static boolean recognises(Mapping file) throws ModelFormatException {
    return file.size() >= MAGIC.length && Arrays.equals(file.bytes(0, MAGIC.length), MAGIC);
  }

  /** Reads a file that {@link #recognises} says is one. */
  public static FileContents read(Mapping file) throws ModelFormatException {
    return new LegacyTorchReader(file).contents();
  }

  private FileContents contents() throws ModelFormatException {
    PickleReader pickles =
        new PickleReader(file, new Span(MAGIC.length, file.size() - MAGIC.length));
    if (!(pickles.next() instanceof PickleValue.Whole(long protocol)) || protocol != PROTOCOL) {
      throw bad("its protocol is not the one that torch used");
    }
    requireLittleEndian(pickles.next());
    PickleValue state = pickles.next();
    locate(StateDict.views(file, state).values(), pickles.next(), pickles.position());
    return new StateDict(file, this::storage).contents(state);
  }

  private void requireLittleEndian(PickleValue machine) throws ModelFormatException {
    if (machine instanceof Dict dict
        && dict.entries().get("little_endian") == PickleValue.Atom.FALSE) {
      throw ModelFormatException.of(
          file.path(),
          "its numbers are stored in big-endian order",
          "save it again on a little-endian machine");
    }
  }

  private void locate(Collection<View> views, PickleValue keys, long from)
      throws ModelFormatException {
    Map<String, Integer> sizes = new HashMap<>();
    for (View view : views) {
      sizes.put(view.storage().key(), StateDict.type(file, view.storage()).bytes());
    }
    if (!(keys instanceof Items list)) {
      throw bad("its list of storages is missing");
    }
    long at = from;
    for (PickleValue item : list.items()) {
      Integer bytes = item instanceof Text(String key) ? sizes.get(key) : null;
      if (!(item instanceof Text(String key)) || bytes == null || spans.containsKey(key)) {
        throw bad("its list of storages does not fit its tensors");
      }
      long elements = file.i64(at);
      if (elements < 0 || elements > (file.size() - at - 8) / bytes) {
        throw bad("a storage claims " + Long.toUnsignedString(elements) + " elements");
      }
      spans.put(key, new Span(at + 8, elements * bytes));
      at += 8 + elements * bytes;
    }
  }

  private Span storage(String key) throws ModelFormatException {
    Span span = spans.get(key);
    if (span == null) {
      throw bad("its storage '" + Printable.of(key) + "' is missing");
    }
    return span;
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.damaged(file.path(), fault);
  }
}
