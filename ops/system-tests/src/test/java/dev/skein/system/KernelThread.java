package dev.skein.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A thread as Linux counts it.
 *
 * @param id of the thread
 * @param name its first 15 characters
 * @param ticks hundredths of a second of processor time that it has used
 * @param policy of scheduling: 0 is SCHED_OTHER, 3 is SCHED_BATCH
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html">proc_pid_stat(5)</a>
 */
record KernelThread(String id, String name, long ticks, int policy) {
  // Fields behind the name, which may hold blanks itself.
  private static final int USER = 11;
  private static final int SYSTEM = 12;
  private static final int POLICY = 38;

  /** The threads of a process; skips the test where the system does not tell. */
  static List<KernelThread> of(long pid) throws IOException {
    Path tasks = Path.of("/proc", Long.toString(pid), "task");
    Assumptions.assumeTrue(Files.exists(tasks), "needs Linux' /proc");
    try (Stream<Path> all = Files.list(tasks)) {
      return all.flatMap(task -> read(task).stream()).toList();
    }
  }

  private static Optional<KernelThread> read(Path task) {
    String stat;
    try {
      stat = Files.readString(task.resolve("stat"));
    } catch (IOException e) {
      return Optional.empty(); // it has just ended
    }
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Optional.of(
        new KernelThread(
            task.getFileName().toString(),
            stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
            Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM]),
            Integer.parseInt(fields[POLICY])));
  }
}
