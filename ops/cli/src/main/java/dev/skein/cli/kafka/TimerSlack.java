package dev.skein.cli.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * By how much the kernel may be late with a timed wait of a thread (Linux: prctl(2),
 * PR_SET_TIMERSLACK). Threads that may be late wake together, and a processor that is awake serves
 * them all. A wait that ends by an event is never late. A thread hands its slack down to those that
 * it starts.
 */
final class TimerSlack {
  private TimerSlack() {}

  /**
   * Runs the task; the threads that it starts, and those that these start, keep the slack. Where
   * the kernel knows none, the task just runs.
   */
  static void inherited(Duration slack, Runnable task) {
    Path own;
    String before;
    try {
      own = ofThisThread();
      before = Files.readString(own).strip();
      Files.writeString(own, Long.toString(slack.toNanos()));
    } catch (IOException | UnsupportedOperationException _) {
      task.run();
      return;
    }
    try {
      task.run();
    } finally {
      restore(own, before);
    }
  }

  /** A thread may write its own file and no other's, and only processes have one by name. */
  static Path ofThisThread() throws IOException {
    Path thread = Files.readSymbolicLink(Path.of("/proc/thread-self"));
    return Path.of("/proc", thread.getFileName().toString(), "timerslack_ns");
  }

  private static void restore(Path own, String nanos) {
    try {
      Files.writeString(own, nanos);
    } catch (IOException _) {
      // It could be written a moment ago. If not now, this thread wakes late from timed waits.
    }
  }
}
