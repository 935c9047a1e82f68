package dev.skein.cli.bench.bus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.Workload;
import dev.skein.cli.CommandFailure;
import dev.skein.cli.kafka.StreamingClient;
import dev.skein.engine.Generation;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole way through Kafka, as a program sees it that writes requests in JSON and reads the
 * topic of tokens. Events are only kept while a run lasts, and read when it is over: what the
 * program does with them is not the bus.
 */
public final class BusWay implements Way {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String TOKEN = "\"token\":";
  private static final String DONE = "\"done\":true";

  private final StreamingClient client;
  private final String prefix;
  private final boolean ephemeral;
  private final int vocabulary;
  private final Duration patience;
  private int runs;

  /**
   * Sessions of names that begin so.
   *
   * @param ephemeral whether they are forgotten when their turn ends, and so never stored
   */
  public BusWay(
      StreamingClient client, String prefix, boolean ephemeral, int vocabulary, Duration patience) {
    this.client = client;
    this.prefix = prefix;
    this.ephemeral = ephemeral;
    this.vocabulary = vocabulary;
    this.patience = patience;
  }

  @Override
  public Played run(Workload workload) {
    String names = prefix + runs++ + "-";
    for (int i = 0; i < workload.sessions(); i++) {
      client.send(names + i, request(workload, i));
    }
    return hear(workload.sessions()).played(names, workload.sessions());
  }

  @Override
  public long firstToken(Workload workload, int session) {
    String request = request(workload, session);
    long asked = System.nanoTime();
    client.send(prefix + runs++, request);
    return hear(1).firstNanos - asked;
  }

  private Heard hear(int sessions) {
    Heard heard = new Heard(sessions);
    client.hear(patience, heard::isLast);
    return heard;
  }

  private String request(Workload workload, int session) {
    Generation generation = workload.generation(session, vocabulary);
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    Arrays.stream(generation.prompt()).forEach(request.putArray("tokens")::add);
    request.put("max_tokens", generation.maxTokens()).put("seed", generation.seed());
    request.put("temperature", generation.sampling().temperature());
    request.put("top_p", generation.sampling().topP());
    request.put("ignore_end_of_text", true);
    if (ephemeral) {
      request.put("ephemeral", true);
    }
    return request.toString();
  }

  /** What was heard of a run. */
  private static final class Heard {
    private final List<String> events = new ArrayList<>();
    private int running;
    private long firstNanos;
    private long lastNanos;

    Heard(int sessions) {
      running = sessions;
    }

    boolean isLast(String event) {
      events.add(event);
      if (event.contains(DONE)) {
        running--;
      } else if (event.contains(TOKEN)) {
        lastNanos = System.nanoTime();
        firstNanos = firstNanos == 0 ? lastNanos : firstNanos;
      }
      return running == 0;
    }

    Played played(String names, int sessions) {
      List<List<Integer>> tokens = new ArrayList<>();
      for (int i = 0; i < sessions; i++) {
        tokens.add(new ArrayList<>());
      }
      for (String event : events) {
        JsonNode json = parse(event);
        List<Integer> drawn = drawn(json.path("session").asText(), names, tokens);
        if (drawn != null) {
          take(json, drawn, event);
        }
      }
      List<int[]> ids =
          tokens.stream().map(l -> l.stream().mapToInt(Integer::intValue).toArray()).toList();
      return new Played(ids, lastNanos - firstNanos);
    }

    private static @Nullable List<Integer> drawn(
        String session, String names, List<List<Integer>> tokens) {
      return session.startsWith(names)
          ? tokens.get(Integer.parseInt(session.substring(names.length())))
          : null;
    }

    private static void take(JsonNode json, List<Integer> drawn, String event) {
      if (json.has("error")) {
        throw new CommandFailure("a turn failed: " + event);
      }
      if (!json.has("token")) {
        return;
      }
      if (json.path("index").asInt() != drawn.size()) {
        throw new CommandFailure("index %d expected, read: %s".formatted(drawn.size(), event));
      }
      drawn.add(json.path("token").asInt());
    }

    private static JsonNode parse(String event) {
      try {
        return JSON.readTree(event);
      } catch (IOException e) {
        throw new CommandFailure("the topic holds an event that is not JSON: " + event, e);
      }
    }
  }
}
