package dev.skein.model.file.torch;

import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Printable;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The central directory of a zip file, read over the mapping. Torch stores its entries
 * uncompressed, so an entry is a piece of the mapping; a compressed or encrypted one is refused
 * when it is asked for. Names are only compared, never used as paths. Files beyond 4 GB carry their
 * sizes in zip64 fields.
 */
final class ZipDirectory {
  private static final int END_MAGIC = 0x06054b50;
  private static final int END64_LOCATOR_MAGIC = 0x07064b50;
  private static final int END64_MAGIC = 0x06064b50;
  private static final int CENTRAL_MAGIC = 0x02014b50;
  private static final int LOCAL_MAGIC = 0x04034b50;
  private static final int END_BYTES = 22;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL_BYTES = 30;
  private static final int COMMENT_MAX = 0xffff;
  private static final int ENTRIES_MAX = 1 << 18;
  private static final int NAME_MAX = 1024;
  private static final long UNKNOWN32 = 0xffff_ffffL;

  private final Mapping file;
  private final Map<String, Entry> entries = new HashMap<>();

  /** Where an entry's local header begins, and how it is stored. */
  record Entry(String name, long header, long size, long stored, int method, int flags) {}

  private ZipDirectory(Mapping file) {
    this.file = file;
  }

  static ZipDirectory read(Mapping file) throws ModelFormatException {
    ZipDirectory zip = new ZipDirectory(file);
    zip.readEntries(zip.findEnd());
    return zip;
  }

  Iterable<String> names() {
    return entries.keySet();
  }

  /** The bytes of an entry in the file, or null if there is none of that name. */
  @Nullable Span find(String name) throws ModelFormatException {
    Entry entry = entries.get(name);
    if (entry == null) {
      return null;
    }
    if (entry.method != 0 || entry.size != entry.stored || (entry.flags & 1) != 0) {
      throw ModelFormatException.of(
          file.path(),
          "its entry '"
              + Printable.of(name)
              + "' is compressed or encrypted, which torch never writes",
          "save the model again with torch.save");
    }
    if (file.i32(entry.header) != LOCAL_MAGIC) {
      throw bad("its entry '" + Printable.of(name) + "' does not begin where the directory says");
    }
    long from =
        entry.header + LOCAL_BYTES + file.u16(entry.header + 26) + file.u16(entry.header + 28);
    if (entry.size < 0 || from > file.size() - entry.size) {
      throw bad("its entry '" + Printable.of(name) + "' is longer than the file");
    }
    return new Span(from, entry.size);
  }

  private record End(long directory, long size, long count) {}

  private End findEnd() throws ModelFormatException {
    long last = file.size() - END_BYTES;
    for (long at = last; at >= Math.max(0, last - COMMENT_MAX); at--) {
      if (file.i32(at) == END_MAGIC && at + END_BYTES + file.u16(at + 20) == file.size()) {
        End end = new End(file.u32(at + 16), file.u32(at + 12), file.u16(at + 10));
        boolean large = end.directory == UNKNOWN32 || end.size == UNKNOWN32 || end.count == 0xffff;
        return large ? findEnd64(at, end) : end;
      }
    }
    throw bad("it has no zip directory at its end");
  }

  private End findEnd64(long end, End small) throws ModelFormatException {
    long locator = end - 20;
    if (locator < 0 || file.i32(locator) != END64_LOCATOR_MAGIC) {
      return small;
    }
    long at = file.i64(locator + 8);
    if (file.i32(at) != END64_MAGIC) {
      throw bad("its zip64 directory is not where the file says");
    }
    return new End(file.i64(at + 48), file.i64(at + 40), file.i64(at + 32));
  }

  private void readEntries(End end) throws ModelFormatException {
    if (end.count < 0 || end.count > ENTRIES_MAX) {
      throw bad("its zip directory claims " + Long.toUnsignedString(end.count) + " entries");
    }
    file.slice(end.directory, end.size);
    long at = end.directory;
    for (long i = 0; i < end.count; i++) {
      at = readEntry(at, end.directory + end.size);
    }
  }

  private long readEntry(long at, long limit) throws ModelFormatException {
    if (at > limit - CENTRAL_BYTES || file.i32(at) != CENTRAL_MAGIC) {
      throw bad("its zip directory is broken");
    }
    int nameLength = file.u16(at + 28);
    int extraLength = file.u16(at + 30);
    long next = at + CENTRAL_BYTES + nameLength + extraLength + file.u16(at + 32);
    if (nameLength > NAME_MAX || next > limit) {
      throw bad("its zip directory is broken");
    }
    String name = new String(file.bytes(at + CENTRAL_BYTES, nameLength), StandardCharsets.UTF_8);
    Zip64 wide = new Zip64(at + CENTRAL_BYTES + nameLength, extraLength);
    long size = wide.orElse(file.u32(at + 24));
    long stored = wide.orElse(file.u32(at + 20));
    long header = wide.orElse(file.u32(at + 42));
    Entry entry = new Entry(name, header, size, stored, file.u16(at + 10), file.u16(at + 8));
    if (entries.put(name, entry) != null) {
      throw bad("its zip directory names '" + Printable.of(name) + "' twice");
    }
    return next;
  }

  /**
   * The zip64 field of an entry: the 64-bit values, in order, of those fields that are all ones.
   */
  private final class Zip64 {
    private long at;
    private long end;

    Zip64(long extra, int length) throws ModelFormatException {
      for (long field = extra; field + 4 <= extra + length; ) {
        int size = file.u16(field + 2);
        if (file.u16(field) == 1 && field + 4 + size <= extra + length) {
          at = field + 4;
          end = at + size;
        }
        field += 4 + size;
      }
    }

    long orElse(long small) throws ModelFormatException {
      if (small != UNKNOWN32 || at + 8 > end) {
        return small;
      }
      at += 8;
      return file.i64(at - 8);
    }
  }

  private ModelFormatException bad(String fault) {
    return ModelFormatException.damaged(file.path(), fault);
  }
}
