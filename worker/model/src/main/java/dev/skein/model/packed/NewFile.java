package dev.skein.model.packed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that appears under its name when it is complete, or not at all: it is written beside it
 * and moved.
 */
final class NewFile implements AutoCloseable {
  private final Path target;
  private final Path temporary;
  private final FileChannel channel;

  /**
   * @throws IOException if there is less room than {@code bytes} on the disk, or the folder cannot
   *     be written to
   */
  NewFile(Path target, long bytes) throws IOException {
    this.target = target.toAbsolutePath();
    Path parent = this.target.getParent();
    Path folder = parent == null ? this.target : parent;
    Files.createDirectories(folder);
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < bytes) {
      throw new IOException(
          "%s needs %d MB, but the disk has %d MB left; make room or name another folder"
              .formatted(target, (bytes >> 20) + 1, free >> 20));
    }
    long process = ProcessHandle.current().pid();
    temporary = folder.resolve("." + this.target.getFileName() + "." + process + ".part");
    channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  FileChannel channel() {
    return channel;
  }

  /** Closes the file and gives it its name, in place of what bore it. */
  void publish() throws IOException {
    channel.close();
    try {
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Leaves nothing behind, unless it was published. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
  }
}
