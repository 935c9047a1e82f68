package dev.skein.cli.cache;

import dev.skein.cli.web.Pauses;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The right to change a folder of the cache. The system takes it back when the process ends,
 * however it ends; the file that carries it stays.
 */
final class FolderLock implements AutoCloseable {
  private static final String FILE = ".lock";
  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits until nobody else changes the folder.
   *
   * @param waiting called once if there is somebody else
   */
  static FolderLock take(Path folder, Pauses pauses, Runnable waiting) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (lock(channel) == null) {
        waiting.run();
        do {
          if (Thread.currentThread().isInterrupted()) {
            throw new IOException("interrupted while waiting for " + folder);
          }
          pauses.pause(LOOK_AGAIN);
        } while (lock(channel) == null);
      }
      return new FolderLock(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // another thread of this process
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
