package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Whoever serves the engine does not interrupt it: all threads but its own are SCHED_BATCH. */
public final class BackgroundThreads {
  private static final int NORMAL = 0;
  private static final int BATCH = 3;

  private BackgroundThreads() {}

  /**
   * Skips the test where the system does not tell.
   *
   * @param pid of a process with an engine
   * @param others what names of threads begin with that it has besides
   */
  public static void check(long pid, String... others) throws IOException {
    Assumptions.assumeTrue(
        KernelThread.of(ProcessHandle.current().pid()).getFirst().policy() == NORMAL,
        "this process was started under another policy, which hands itself down");
    Map<Integer, List<String>> names =
        KernelThread.of(pid).stream()
            .collect(
                Collectors.groupingBy(
                    KernelThread::policy,
                    Collectors.mapping(KernelThread::name, Collectors.toList())));
    assertThat(names.get(NORMAL))
        .anyMatch(name -> name.startsWith("skein-engine"))
        .noneMatch(BackgroundThreads::isOfTheBus);
    assertThat(names).containsKey(BATCH);
    assertThat(names.get(BATCH)).noneMatch(name -> name.startsWith("skein-engine"));
    for (String other : others) {
      assertThat(names.get(BATCH)).anyMatch(name -> name.startsWith(other));
    }
  }

  private static boolean isOfTheBus(String thread) {
    return Stream.of("data-plane", "kafka-", "shard-", "skein-pekko", "skein-tokens")
        .anyMatch(thread::startsWith);
  }
}
