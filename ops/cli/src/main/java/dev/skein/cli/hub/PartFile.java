package dev.skein.cli.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A file on its way: its bytes in {@code NAME.part}, and in {@code NAME.part.etag} what identified
 * the content that they belong to. Without the latter the bytes are worth nothing.
 */
final class PartFile {
  private final Path target;
  private final Path part;
  private final Path etag;

  PartFile(Path target) {
    this.target = target;
    this.part = target.resolveSibling(target.getFileName() + ".part");
    this.etag = target.resolveSibling(target.getFileName() + ".part.etag");
  }

  /** Bytes that another attempt may build on. */
  long bytes() throws IOException {
    return identity() != null && Files.isRegularFile(part) ? Files.size(part) : 0;
  }

  /** What the bytes are of, or null if there are none. */
  @Nullable String identity() throws IOException {
    if (!Files.isRegularFile(etag) || Files.size(etag) > 1000) {
      return null;
    }
    String text = Files.readString(etag).strip();
    return text.isEmpty() ? null : text;
  }

  /** Forgets the bytes. */
  void drop() throws IOException {
    Files.deleteIfExists(etag);
    Files.deleteIfExists(part);
  }

  /** Opens for writing behind the first bytes; what follows them is cut off. */
  FileChannel open(long from, @Nullable String identity) throws IOException {
    if (from == 0) {
      drop();
    }
    FileChannel channel =
        FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      channel.truncate(from);
      channel.position(from);
      if (identity != null) {
        Files.writeString(etag, identity);
      }
      return channel;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** A digest over the bytes so far. */
  MessageDigest digest(long bytes) throws IOException {
    MessageDigest digest = Digests.sha256();
    if (bytes > 0) {
      Digests.add(part, bytes, digest);
    }
    return digest;
  }

  /** The bytes are all there: gives them their name. */
  void complete() throws IOException {
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    try {
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    }
    Files.deleteIfExists(etag);
  }
}
