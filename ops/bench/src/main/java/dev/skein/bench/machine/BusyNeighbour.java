package dev.skein.bench.machine;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Another process that keeps one processor busy until it is closed. */
public final class BusyNeighbour implements AutoCloseable {
  private final Process process;

  private BusyNeighbour(Process process) {
    this.process = process;
  }

  /** Starts it; a POSIX shell that does nothing, as fast as it can. */
  public static BusyNeighbour start() throws IOException {
    return new BusyNeighbour(
        new ProcessBuilder("sh", "-c", "while :; do :; done").inheritIO().start());
  }

  /** Says so if it has ended by itself: then nobody was disturbed. */
  public void check() throws IOException {
    if (!process.isAlive()) {
      throw new IOException("the busy neighbour has ended with " + process.exitValue());
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
