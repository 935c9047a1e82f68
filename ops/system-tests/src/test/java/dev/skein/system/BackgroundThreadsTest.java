package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whoever serves the engine does not interrupt it: all threads but its own are SCHED_BATCH. */
@ExtendWith(SharedUp.class)
class BackgroundThreadsTest {
  private static final int NORMAL = 0;
  private static final int BATCH = 3;

  @Test
  void allThreadsOfTheBusAreInTheBackground(UpProcess up) throws IOException {
    Assumptions.assumeTrue(
        KernelThread.of(ProcessHandle.current().pid()).getFirst().policy() == NORMAL,
        "this process was started under another policy, which hands itself down");
    Map<Integer, List<String>> names =
        KernelThread.of(up.pid()).stream()
            .collect(
                Collectors.groupingBy(
                    KernelThread::policy,
                    Collectors.mapping(KernelThread::name, Collectors.toList())));
    assertThat(names.get(NORMAL))
        .anyMatch(name -> name.startsWith("skein-engine"))
        .noneMatch(BackgroundThreadsTest::isOfTheBus);
    assertThat(names.get(BATCH))
        .noneMatch(name -> name.startsWith("skein-engine"))
        .anyMatch(name -> name.startsWith("data-plane-kafk"))
        .anyMatch(name -> name.startsWith("skein-pekko"))
        .anyMatch(name -> name.startsWith("shard-"))
        .anyMatch(name -> name.startsWith("kafka-producer"));
  }

  private static boolean isOfTheBus(String thread) {
    return Stream.of("data-plane", "kafka-", "shard-", "skein-pekko", "skein-tokens")
        .anyMatch(thread::startsWith);
  }
}
