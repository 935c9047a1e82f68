package dev.skein.cli.kafka;

import dev.skein.cli.CommandFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The folder that {@code --data} names, held by one process at a time. The lock is the operating
 * system's, so it ends with its process, kill -9 included: a stale one cannot exist.
 */
public final class DataFolder implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;

  private DataFolder(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Makes the folder if need be and takes it.
   *
   * @throws CommandFailure if another process holds it, or it cannot be written
   */
  public static DataFolder take(Path folder) {
    try {
      Files.createDirectories(folder);
      Path lock = folder.resolve("skein.lock");
      FileChannel channel =
          FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (tryLock(channel) == null) {
        channel.close();
        throw new CommandFailure(
            "another skein process uses the data folder "
                + folder
                + ": stop it, or choose another one with --data");
      }
      return new DataFolder(folder, channel);
    } catch (IOException e) {
      throw new CommandFailure("cannot use the data folder " + folder + ": " + e, e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process
    }
  }

  public Path path() {
    return path;
  }

  public Path kafka() {
    return path.resolve("kafka");
  }

  public Path logs() {
    return path.resolve("logs");
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new CommandFailure("cannot release the data folder " + path + ": " + e.getMessage(), e);
    }
  }
}
