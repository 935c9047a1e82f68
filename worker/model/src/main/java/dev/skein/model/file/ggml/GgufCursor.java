package dev.skein.model.file.ggml;

import dev.skein.model.file.Mapping;
import dev.skein.model.file.ModelFormatException;
import java.nio.charset.StandardCharsets;

/** Reads a GGUF header from front to back. */
final class GgufCursor {
  private static final int TEXT_MAX = 1 << 12;

  private final Mapping file;
  private long at;

  GgufCursor(Mapping file, long at) {
    this.file = file;
    this.at = at;
  }

  long position() {
    return at;
  }

  int u8() throws ModelFormatException {
    return file.u8(take(1));
  }

  int u16() throws ModelFormatException {
    return file.u16(take(2));
  }

  int i32() throws ModelFormatException {
    return file.i32(take(4));
  }

  long u32() throws ModelFormatException {
    return file.u32(take(4));
  }

  long i64() throws ModelFormatException {
    return file.i64(take(8));
  }

  /** A text whole, or its first 4,096 bytes; it is passed by in any case. */
  String text() throws ModelFormatException {
    return new String(textBytes(TEXT_MAX), StandardCharsets.UTF_8);
  }

  /** The bytes of a text, of which at most {@code limit} are copied. */
  byte[] textBytes(int limit) throws ModelFormatException {
    long length = i64();
    long from = skip(length, 1);
    return file.bytes(from, (int) Math.min(length, limit));
  }

  /**
   * Passes by {@code count} things of {@code bytes} each.
   *
   * @return where they began
   */
  long skip(long count, int bytes) throws ModelFormatException {
    requireRoom(count, bytes);
    return take(count * bytes);
  }

  /** Refuses a count of things that the rest of the file cannot hold. */
  void requireRoom(long count, int bytes) throws ModelFormatException {
    if (count < 0 || count > (file.size() - at) / bytes) {
      throw ModelFormatException.damaged(
          file.path(),
          "at byte %d its header claims a list or text of %s, more than the file holds"
              .formatted(at, Long.toUnsignedString(count)));
    }
  }

  private long take(long bytes) {
    at += bytes;
    return at - bytes;
  }
}
