package dev.skein.system.cluster;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The lines that a process writes into a file, as they come. */
final class Lines implements AutoCloseable {
  private final RandomAccessFile file;
  private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

  Lines(Path path) {
    try {
      file = new RandomAccessFile(path.toFile(), "r");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whole lines that were written since the last call. */
  List<String> more() {
    List<String> lines = new ArrayList<>();
    byte[] bytes = new byte[1 << 16];
    try {
      for (int n = file.read(bytes); n > 0; n = file.read(bytes)) {
        for (int i = 0; i < n; i++) {
          if (bytes[i] == '\n') {
            lines.add(begun.toString(StandardCharsets.UTF_8));
            begun.reset();
          } else {
            begun.write(bytes[i]);
          }
        }
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
