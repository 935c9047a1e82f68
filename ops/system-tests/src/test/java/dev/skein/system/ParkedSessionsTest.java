package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.skein.cli.engine.RandomModel;
import dev.skein.model.random.RandomWeights;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sessions rest on one node, and any of them wakes at once: twenty thousand of a tiny model, and as
 * many of the 0.1B shape as five gigabytes hold.
 */
@Tag("long")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ParkedSessionsTest {
  private static final int WOKEN = 200;

  /** Others that wake before, since a process that has just started compiles its code. */
  private static final int WARM_UP = 300;

  private static final double SATURATED = 0.7;

  /** Enough ids that a snapshot is worth more than reading them again. */
  private static final int PROMPT = 48;

  private static final int VOCABULARY = 257;

  private static final Path TESTDATA =
      Path.of(
          System.getenv().getOrDefault("SKEIN_TESTDATA", Checkout.root() + "/../shared/testdata"));

  private static final Path MODEL = TESTDATA.resolve("models/r50/model-bf16.pth");

  @TempDir Path folder;

  @Test
  void anyOfTwentyThousandWakesAtOnce() throws IOException {
    Assumptions.assumeTrue(Files.exists(MODEL), MODEL + " is not there");
    Path vocabulary = folder.resolve("vocabulary.txt");
    Files.writeString(
        vocabulary,
        IntStream.range(1, VOCABULARY)
            .mapToObj(id -> "%d b'\\x%02x' 1\n".formatted(id, id - 1))
            .collect(Collectors.joining()));
    check(MODEL, vocabulary, 20_000);
  }

  @Test
  void anyOfTwoThousandLargerOnesWakesAtOnce() throws IOException {
    try (RandomWeights weights = RandomWeights.of("rwkv7-0.1b", 1)) {
      RandomModel model = RandomModel.write(weights, folder);
      check(model.weights(), model.vocabulary(), 2_000);
    }
  }

  private void check(Path model, Path vocabulary, int sessions) throws IOException {
    try (UpProcess up = start(model, vocabulary)) {
      park(up, sessions);
    }
    long began = System.nanoTime();
    try (UpProcess up = start(model, vocabulary)) {
      long readyMs = (System.nanoTime() - began) / 1_000_000;
      List<Integer> order = order(sessions);
      wake(up, order.subList(0, WARM_UP), 1);
      busy();
      List<Integer> measured = order.subList(WARM_UP, WARM_UP + WOKEN);
      long[] woken = wake(up, measured, 1);
      long[] hot = wake(up, measured, 2);
      double busy = busy();
      System.out.printf(
          Locale.ROOT,
          "%,d sessions: ready again after %,d ms; wake p50 %d ms, p99 %d ms; a turn of one that is"
              + " awake p50 %d ms, p99 %d ms; the machine is %.0f %% busy%n",
          sessions,
          readyMs,
          quantile(woken, 0.5),
          quantile(woken, 0.99),
          quantile(hot, 0.5),
          quantile(hot, 0.99),
          100 * busy);
      if (busy < SATURATED) {
        assertThat(quantile(woken, 0.5)).isLessThanOrEqualTo(50);
        assertThat(quantile(woken, 0.99)).isLessThanOrEqualTo(250);
        assertThat(readyMs).isLessThanOrEqualTo(10_000);
      }
    }
  }

  private UpProcess start(Path model, Path vocabulary) throws IOException {
    return UpProcess.start(
        folder.resolve("data"),
        "--model",
        model.toString(),
        "--tokenizer",
        vocabulary.toString(),
        "--state-memory",
        "16m",
        "--state-cache",
        folder.resolve("states").toString());
  }

  /** A turn of every session. */
  private static void park(UpProcess up, int sessions) {
    try (Bus bus = new Bus(up)) {
      for (int i = 0; i < sessions; i++) {
        bus.request("parked-" + i, "{\"tokens\":[%s],\"max_tokens\":1}".formatted(prompt(i)));
      }
      Set<String> ended = new HashSet<>();
      bus.readUntil(
          Bus.TOKENS,
          true,
          Duration.ofMinutes(8),
          record -> {
            if (Bus.text(record).contains("\"done\":true")) {
              ended.add(Bus.json(record).path("session").asText());
            }
            return ended.size() == sessions;
          });
    }
  }

  /** Different for each, so that no two states are one. */
  private static String prompt(int session) {
    return new Random(session)
        .ints(PROMPT, 20, 120)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(","));
  }

  private static List<Integer> order(int sessions) {
    List<Integer> order = IntStream.range(0, sessions).boxed().collect(Collectors.toList());
    Collections.shuffle(order, new Random(7));
    return order;
  }

  /** Milliseconds from the request to the first token, for some sessions one after another. */
  private static long[] wake(UpProcess up, List<Integer> sessions, int turn) {
    try (Bus bus = new Bus(up);
        Bus.Ear ear = bus.listen()) {
      return sessions.stream()
          .mapToLong(i -> {
            long asked = System.nanoTime();
            bus.request("parked-" + i, "{\"tokens\":[30],\"max_tokens\":1}");
            ear.awaitToken("parked-" + i, turn);
            return (System.nanoTime() - asked) / 1_000_000;
          })
          .toArray();
    }
  }

  /** How busy the machine was since the last call. */
  private static double busy() {
    OperatingSystemMXBean machine =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return machine.getCpuLoad();
  }

  private static long quantile(long[] values, double part) {
    long[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.ceil(part * sorted.length) - 1];
  }
}
