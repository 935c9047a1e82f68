package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nobody asks anything: the process sleeps. The kernel counts its processor time, so other load
 * does not add to it directly.
 */
class IdleTest {
  private static final Duration SETTLING = Duration.ofSeconds(15);
  private static final Duration WINDOW = Duration.ofSeconds(30);
  private static final double SHARE_MAX = 0.02;
  private static final double TICKS_PER_SECOND = 100;

  @TempDir Path data;

  @Test
  void anIdleUpUsesAtMostTwoPercentOfACore() throws IOException {
    try (UpProcess up = UpProcess.start(data)) {
      pause(SETTLING);
      Map<String, Long> before = ticksByThread(up.pid());
      long began = System.nanoTime();
      pause(WINDOW);
      Map<String, Long> after = ticksByThread(up.pid());
      double seconds = (System.nanoTime() - began) / 1e9;
      double share = (sum(after) - sum(before)) / TICKS_PER_SECOND / seconds;
      assertThat(share)
          .as("share of a core; ticks by thread: %s", busiest(before, after))
          .isLessThan(SHARE_MAX);
    }
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
