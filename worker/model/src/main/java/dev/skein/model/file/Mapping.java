package dev.skein.model.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file mapped for reading. Reads are little-endian and checked: one that leaves the file says so
 * in a {@link ModelFormatException} instead of an index error.
 */
public final class Mapping implements AutoCloseable {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final Arena arena;
  private final MemorySegment data;

  private Mapping(Path path, Arena arena, MemorySegment data) {
    this.path = path;
    this.arena = arena;
    this.data = data;
  }

  /**
   * Maps a file.
   *
   * @throws ModelFormatException if it is missing, no ordinary file, or may not be read
   */
  static Mapping of(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw ModelFormatException.of(
          path, "this is a folder, not a file of weights", "name the file of weights in it");
    }
    if (Files.exists(path) && !Files.isRegularFile(path)) { // to open a pipe may take for ever
      throw ModelFormatException.of(
          path, "this is a device or a pipe, not a file", "give the path of a model file");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new Mapping(path, arena, channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (NoSuchFileException e) {
      arena.close();
      throw ModelFormatException.of(path, "there is no such file", "give the path of a model file");
    } catch (AccessDeniedException e) {
      arena.close();
      throw ModelFormatException.of(
          path, "the file may not be read", "give this user the right to read it");
    } catch (IOException e) {
      arena.close();
      throw ModelFormatException.of(
          path, "the file cannot be read (" + e.getMessage() + ")", "check the disk it lies on");
    }
  }

  public Path path() {
    return path;
  }

  public long size() {
    return data.byteSize();
  }

  public int u8(long at) throws ModelFormatException {
    require(at, 1);
    return data.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  public int u16(long at) throws ModelFormatException {
    require(at, 2);
    return data.get(SHORT, at) & 0xffff;
  }

  public int i32(long at) throws ModelFormatException {
    require(at, 4);
    return data.get(INT, at);
  }

  public long u32(long at) throws ModelFormatException {
    return i32(at) & 0xffff_ffffL;
  }

  public long i64(long at) throws ModelFormatException {
    require(at, 8);
    return data.get(LONG, at);
  }

  public byte[] bytes(long at, int count) throws ModelFormatException {
    require(at, count);
    return data.asSlice(at, count).toArray(ValueLayout.JAVA_BYTE);
  }

  /** A view of {@code count} bytes; lives until the mapping is closed. */
  public MemorySegment slice(long at, long count) throws ModelFormatException {
    require(at, count);
    return data.asSlice(at, count);
  }

  private void require(long at, long count) throws ModelFormatException {
    if (at < 0 || count < 0 || at > size() - count) {
      throw ModelFormatException.damaged(
          path, "it ends after " + size() + " bytes, where more must follow");
    }
  }

  /** Takes all pages out of this process; they stay in the system's cache. */
  void unload() {
    data.unload();
  }

  @Override
  public void close() {
    arena.close();
  }
}
