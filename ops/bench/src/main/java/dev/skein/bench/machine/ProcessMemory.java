package dev.skein.bench.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system says of this process. */
public final class ProcessMemory {
  private ProcessMemory() {}

  /** Bytes resident now; 0 where the system does not tell. */
  public static long resident() {
    return bytes("VmRSS:");
  }

  /** The most bytes that ever were resident; 0 where the system does not tell. */
  public static long peak() {
    return bytes("VmHWM:");
  }

  private static long bytes(String field) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith(field)) {
          return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
    } catch (IOException e) {
      return 0; // not a Linux: the figure is left out rather than the bench
    }
    return 0;
  }
}
