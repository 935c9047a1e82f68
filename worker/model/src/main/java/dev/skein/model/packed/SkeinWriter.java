package dev.skein.model.packed;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Writes the sections of a {@code .skein} file one after another, then its header. */
final class SkeinWriter {
  private static final int PIECE = 1 << 24;

  private final FileChannel channel;
  private final List<Section> sections = new ArrayList<>();
  private final CRC32C crc = new CRC32C();
  private long at = SkeinHeader.PREAMBLE;

  /** The section that is being written: its checksum waits for what fills it up. */
  private Section open = new Section("", Section.Blob.VOCABULARY, List.of(), at, 0, 0);

  SkeinWriter(FileChannel channel) throws IOException {
    this.channel = channel;
    channel.position(at);
  }

  /**
   * Begins a section of exactly {@code length} bytes, which the next calls of {@link #write} give.
   */
  void begin(String name, Section.Kind kind, List<Long> shape, long length) throws IOException {
    fillTo(SkeinHeader.align(at, length));
    open = new Section(name, kind, List.copyOf(shape), at, length, 0);
  }

  void write(ByteBuffer bytes) throws IOException {
    at += bytes.remaining();
    crc.update(bytes.duplicate());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  void write(MemorySegment bytes) throws IOException {
    for (long from = 0; from < bytes.byteSize(); from += PIECE) {
      write(bytes.asSlice(from, Math.min(PIECE, bytes.byteSize() - from)).asByteBuffer());
    }
  }

  /** Bytes written so far. */
  long size() {
    return at;
  }

  private void fillTo(long offset) throws IOException {
    write(ByteBuffer.allocate(Math.toIntExact(offset - at)));
    if (open.length() > 0) {
      sections.add(
          new Section(
              open.name(),
              open.kind(),
              open.shape(),
              open.offset(),
              open.length(),
              (int) crc.getValue()));
    }
    crc.reset();
  }

  /** Ends the last section. */
  List<Section> sections() throws IOException {
    fillTo(SkeinHeader.align(at, 0));
    open = new Section("", Section.Blob.VOCABULARY, List.of(), at, 0, 0);
    return List.copyOf(sections);
  }

  /** Writes the header and the first page; then the file is complete, and on the disk. */
  void finish(SkeinHeader header) throws IOException {
    byte[] json = header.toBytes();
    if (json.length > SkeinHeader.HEADER_MAX) {
      throw new IOException("a header of " + json.length + " bytes");
    }
    long headerAt = at;
    CRC32C sum = new CRC32C();
    sum.update(json);
    write(ByteBuffer.wrap(json));
    ByteBuffer page = ByteBuffer.allocate(SkeinHeader.PREAMBLE).order(ByteOrder.LITTLE_ENDIAN);
    page.putLong(0, SkeinHeader.MAGIC).putInt(8, SkeinHeader.VERSION);
    page.putLong(16, at).putLong(24, headerAt).putLong(32, json.length);
    page.putInt(40, (int) sum.getValue());
    sum.reset();
    sum.update(page.duplicate());
    page.putInt(44, (int) sum.getValue());
    for (int written = 0; page.hasRemaining(); ) {
      written += channel.write(page, written);
    }
    channel.force(true);
  }
}
