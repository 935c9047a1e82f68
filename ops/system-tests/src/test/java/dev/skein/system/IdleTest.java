package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nobody asks anything: the process sleeps, and no connection breaks. The kernel counts its
 * processor time, so other load does not add to it directly.
 */
class IdleTest {
  private static final Duration SETTLING = Duration.ofSeconds(15);
  private static final Duration WINDOW = Duration.ofSeconds(30);
  private static final double SHARE_MAX = 0.02;
  private static final double TICKS_PER_SECOND = 100;

  @TempDir Path data;

  @Test
  void anIdleUpKeepsItsConnectionsAndUsesAtMostTwoPercentOfACore() throws IOException {
    try (UpProcess up = UpProcess.start(data)) {
      pause(SETTLING);
      Set<String> connections = sockets(up.pid());
      Map<String, Long> before = ticksByThread(up.pid());
      long began = System.nanoTime();
      pause(WINDOW);
      Map<String, Long> after = ticksByThread(up.pid());
      double seconds = (System.nanoTime() - began) / 1e9;
      double share = (sum(after) - sum(before)) / TICKS_PER_SECOND / seconds;
      assertThat(sockets(up.pid())).as("connections last").isEqualTo(connections);
      assertThat(share)
          .as("share of a core; ticks by thread: %s", busiest(before, after))
          .isLessThan(SHARE_MAX);
    }
  }

  /** What the kernel calls the sockets that are open in a process. */
  private static Set<String> sockets(long pid) throws IOException {
    Set<String> names = new TreeSet<>();
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path file : open) {
        String name = Files.readSymbolicLink(file).toString();
        if (name.startsWith("socket:")) {
          names.add(name);
        }
      }
    }
    return names;
  }

  private static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }

  private static Map<String, Long> ticksByThread(long pid) throws IOException {
    Map<String, Long> ticks = new TreeMap<>();
    for (KernelThread thread : KernelThread.of(pid)) {
      ticks.put(thread.name() + "/" + thread.id(), thread.ticks());
    }
    return ticks;
  }

  private static long sum(Map<String, Long> ticks) {
    return ticks.values().stream().mapToLong(Long::longValue).sum();
  }

  private static List<String> busiest(Map<String, Long> before, Map<String, Long> after) {
    List<Map.Entry<String, Long>> used = new ArrayList<>();
    after.forEach((name, t) -> used.add(Map.entry(name, t - before.getOrDefault(name, 0L))));
    return used.stream()
        .filter(e -> e.getValue() > 0)
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(12)
        .map(e -> e.getKey() + " " + e.getValue())
        .toList();
  }
}
