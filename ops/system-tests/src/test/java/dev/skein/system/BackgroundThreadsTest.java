package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final String NORMAL = "0";
  private static final String BATCH = "3";

  /** Of {@code /proc/PID/task/TID/stat}, counted from the state on (proc(5)). */
  private static final int POLICY = 38;

  @Test
  void allThreadsOfTheBusAreInTheBackground(UpProcess up) throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/stat")), "needs Linux' /proc");
    Assumptions.assumeTrue(
        policy(stat(Path.of("/proc/self"))).equals(NORMAL),
        "this process was started under another policy, which hands itself down");
    Map<String, List<String>> policies = policies(up.pid());
    assertThat(policies.get(NORMAL)).anyMatch(name -> name.startsWith("skein-engine"));
    assertThat(policies.get(NORMAL)).noneMatch(BackgroundThreadsTest::isOfTheBus);
    assertThat(policies.get(BATCH))
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

  private static Map<String, List<String>> policies(long pid) throws IOException {
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      return tasks
          .map(BackgroundThreadsTest::stat)
          .filter(stat -> !stat.isEmpty())
          .collect(
              Collectors.groupingBy(
                  BackgroundThreadsTest::policy,
                  Collectors.mapping(BackgroundThreadsTest::name, Collectors.toList())));
    }
  }

  private static String stat(Path task) {
    try {
      return Files.readString(task.resolve("stat"));
    } catch (IOException e) {
      return ""; // it has just ended
    }
  }

  private static String name(String stat) {
    return stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  }

  private static String policy(String stat) {
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[POLICY];
  }
}
