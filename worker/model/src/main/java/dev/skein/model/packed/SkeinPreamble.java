package dev.skein.model.packed;

import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** Reads and checks the first page of a {@code .skein} file and the header that it points to. */
final class SkeinPreamble {
  static final String MEND = "the file is damaged or incomplete, convert the model again";

  private SkeinPreamble() {}

  /**
   * Reads the first page.
   *
   * @throws ModelFormatException if it is no such file, of another version, truncated or changed
   */
  static ByteBuffer of(Path path, FileChannel channel) throws IOException {
    long size = channel.size();
    ByteBuffer bytes = read(channel, 0, (int) Math.min(SkeinHeader.PREAMBLE, size));
    if (bytes.remaining() < 16 || bytes.getLong(0) != SkeinHeader.MAGIC) {
      throw ModelFormatException.of(path, "it is no .skein file", MEND);
    }
    if (bytes.getInt(8) != SkeinHeader.VERSION) {
      throw ModelFormatException.of(
          path,
          "it is of version %d of the format, this Skein reads version %d"
              .formatted(bytes.getInt(8), SkeinHeader.VERSION),
          "convert the model again with this Skein");
    }
    if (bytes.remaining() < SkeinHeader.PREAMBLE || bytes.getLong(16) != size) {
      String told = bytes.remaining() < 24 ? "more" : Long.toUnsignedString(bytes.getLong(16));
      throw ModelFormatException.of(path, "it has %d of %s bytes".formatted(size, told), MEND);
    }
    CRC32C crc = new CRC32C();
    byte[] all = new byte[SkeinHeader.PREAMBLE];
    bytes.get(0, all);
    crc.update(all, 0, 44);
    crc.update(new byte[4]);
    crc.update(all, 48, SkeinHeader.PREAMBLE - 48);
    if ((int) crc.getValue() != bytes.getInt(44)) {
      throw ModelFormatException.of(path, "the checksum of its first page is wrong", MEND);
    }
    return bytes;
  }

  /** Reads the header that the first page tells of. */
  static SkeinHeader header(Path path, FileChannel channel, ByteBuffer preamble)
      throws IOException {
    long at = preamble.getLong(24);
    long length = preamble.getLong(32);
    if (at < SkeinHeader.PREAMBLE
        || length < 2
        || length > SkeinHeader.HEADER_MAX
        || at != channel.size() - length) {
      throw ModelFormatException.of(path, "its header is not where it should be", MEND);
    }
    byte[] bytes = read(channel, at, (int) length).array();
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    if ((int) crc.getValue() != preamble.getInt(40)) {
      throw ModelFormatException.of(path, "the checksum of its header is wrong", MEND);
    }
    try {
      return SkeinHeader.parse(bytes, at);
    } catch (IllegalArgumentException e) {
      throw ModelFormatException.of(path, String.valueOf(e.getMessage()), MEND);
    }
  }

  /** Up to {@code count} bytes, little-endian; fewer at the end of the file. */
  static ByteBuffer read(FileChannel channel, long at, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    int got = 0;
    while (bytes.hasRemaining() && got >= 0) {
      got = channel.read(bytes, at + bytes.position());
    }
    return bytes.flip();
  }
}
