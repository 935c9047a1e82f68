package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two hundred sessions outlive their arithmetic and then their model: each goes on, and what was
 * read again by the new model is what a session says that has read it all at once.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class UpgradesTest {
  private static final int SESSIONS = 200;
  private static final int DRAWN = 6;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir static Path folder;

  /** What each session has read and drawn. */
  private final Map<String, List<Integer>> read = new HashMap<>();

  @Test
  void everySessionGoesOn() throws IOException {
    try (UpProcess up = start(ChangedModel.ORIGINAL, "--quant", "int8")) {
      turn(up, 0);
    }
    try (UpProcess up = start(ChangedModel.ORIGINAL, "--quant", "fp32")) {
      turn(up, 1);
    }
    try (UpProcess up =
        start(ChangedModel.into(folder.resolve("another")), "--on-upgrade", "replay")) {
      Map<String, List<Integer>> before = new HashMap<>(read);
      Map<String, List<Integer>> drawn = turn(up, 2);
      Map<String, List<Integer>> cold = cold(up, before);
      drawn.forEach((session, tokens) ->
          assertThat(tokens).as(session).isEqualTo(cold.get("cold-" + session)));
    }
  }

  private static UpProcess start(Path model, String... more) {
    List<String> arguments = new ArrayList<>(List.of("--model", model.toString()));
    arguments.addAll(List.of(more));
    return UpProcess.start(folder.resolve("data"), arguments.toArray(String[]::new));
  }

  private static String session(int i) {
    return "session-" + i;
  }

  private static List<Integer> prompt(int i, int turn) {
    return new Random(1_000L * turn + i).ints(10, 20, 200).boxed().toList();
  }

  /** One turn of every session; what each has drawn. */
  private Map<String, List<Integer>> turn(UpProcess up, int turn) {
    Map<String, List<Integer>> prompts = new HashMap<>();
    for (int i = 0; i < SESSIONS; i++) {
      prompts.put(session(i), prompt(i, turn));
    }
    Map<String, List<Integer>> drawn = run(up, prompts, turn);
    prompts.forEach((session, ids) -> {
      List<Integer> all = new ArrayList<>(read.getOrDefault(session, List.of()));
      all.addAll(ids);
      all.addAll(drawn.get(session));
      read.put(session, all);
    });
    return drawn;
  }

  /** The last turn again, by sessions that read everything at once. */
  private static Map<String, List<Integer>> cold(UpProcess up, Map<String, List<Integer>> before) {
    Map<String, List<Integer>> prompts = new HashMap<>();
    for (int i = 0; i < SESSIONS; i++) {
      List<Integer> all = new ArrayList<>(before.get(session(i)));
      all.addAll(prompt(i, 2));
      prompts.put("cold-" + session(i), all);
    }
    return run(up, prompts, 0);
  }

  private static Map<String, List<Integer>> run(
      UpProcess up, Map<String, List<Integer>> prompts, int turn) {
    Map<String, List<Integer>> drawn = new HashMap<>();
    try (Bus bus = new Bus(up)) {
      prompts.forEach((session, ids) ->
          bus.request(
              session,
              "{\"tokens\":[%s],\"max_tokens\":%d,\"temperature\":0,\"ignore_end_of_text\":true}"
                  .formatted(
                      ids.stream().map(String::valueOf).collect(Collectors.joining(",")), DRAWN)));
      int[] ended = new int[1];
      bus.readUntil(
          Bus.TOKENS,
          true,
          PATIENCE,
          record -> {
            ended[0] += isEnd(record, prompts, turn, drawn) ? 1 : 0;
            return ended[0] == prompts.size();
          });
    }
    assertThat(drawn).hasSameSizeAs(prompts);
    return drawn;
  }

  private static boolean isEnd(
      ConsumerRecord<byte[], byte[]> record,
      Map<String, List<Integer>> prompts,
      int turn,
      Map<String, List<Integer>> drawn) {
    JsonNode event = Bus.json(record);
    String session = event.path("session").asText();
    if (!prompts.containsKey(session) || event.path("turn").asInt() != turn) {
      return false;
    }
    if (event.has("token")) {
      drawn.computeIfAbsent(session, s -> new ArrayList<>()).add(event.path("token").asInt());
    }
    if (event.path("done").asBoolean()) {
      assertThat(event.path("finish_reason").asText()).as(event.toString()).isEqualTo("length");
    }
    return event.path("done").asBoolean();
  }
}
