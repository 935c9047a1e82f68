package dev.skein.system.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What kcat reads of the topic {@code tokens}, from its beginning: a committed reader without any
 * code of its own. It puts requests on the bus as well.
 */
final class KcatTranscript implements AutoCloseable {
  private static final String TOKENS = "skein.main.tokens";
  private static final String REQUESTS = "skein.main.requests";
  private static final long PRODUCE_S_MAX = 60;

  /** A session's one turn so far. */
  private static final class Turn {
    final List<Integer> tokens = new ArrayList<>();
    boolean ended;
  }

  private final Process process;
  private final Lines lines;
  private final String kafka;
  private final Set<String> asked = new HashSet<>();
  private final Map<String, Turn> turns = new HashMap<>();

  private KcatTranscript(Process process, Lines lines, String kafka) {
    this.process = process;
    this.lines = lines;
    this.kafka = kafka;
  }

  /** Begins to read; {@code -E} keeps kcat from ending when no broker can be reached. */
  static KcatTranscript start(String kafka, Path folder) {
    try {
      Path file = Files.createFile(folder.resolve("tokens.txt"));
      List<String> command =
          List.of(
              "kcat",
              "-C",
              "-E",
              "-b",
              kafka,
              "-t",
              TOKENS,
              "-o",
              "beginning",
              "-q",
              "-u",
              "-f",
              "%k %s\n");
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(file.toFile())
              .redirectError(folder.resolve("kcat.err").toFile())
              .start();
      return new KcatTranscript(process, new Lines(file), kafka);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts requests on the bus. */
  void request(Map<String, Piece> pieces) {
    StringBuilder records = new StringBuilder();
    pieces.forEach((session, piece) ->
        records.append(session).append('|').append(piece.request()).append('\n'));
    produce(pieces.keySet(), records.toString());
  }

  /** Puts one record on the bus. */
  void produce(String session, String value) {
    produce(Set.of(session), session + "|" + value + "\n");
  }

  /** With kcat's own partitioner. */
  private void produce(Set<String> sessions, String records) {
    asked.addAll(sessions);
    try {
      Process producing =
          new ProcessBuilder("kcat", "-P", "-E", "-b", kafka, "-t", REQUESTS, "-K", "|")
              .redirectErrorStream(true)
              .start();
      producing.getOutputStream().write(records.getBytes(StandardCharsets.UTF_8));
      producing.getOutputStream().close();
      if (!producing.waitFor(PRODUCE_S_MAX, TimeUnit.SECONDS) || producing.exitValue() != 0) {
        throw new AssertionError("kcat did not produce");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /**
   * Takes in what has come since; every index must come once and in order. Events of sessions that
   * were asked over HTTP are Protocol Buffers, which kcat does not know.
   */
  void read() {
    if (!process.isAlive()) {
      throw new AssertionError("kcat ended with " + process.exitValue());
    }
    for (String line : lines.more()) {
      int blank = line.indexOf(' ');
      String session = line.substring(0, Math.max(blank, 0));
      if (asked.contains(session) && line.startsWith("{", blank + 1)) {
        take(session, line.substring(blank + 1));
      }
    }
  }

  private void take(String session, String value) {
    try {
      JsonNode event = Piece.JSON.readTree(value);
      Turn turn = turns.computeIfAbsent(session, name -> new Turn());
      if (event.has("token")) {
        if (event.path("index").asInt() != turn.tokens.size() || turn.ended) {
          throw new AssertionError("index " + turn.tokens.size() + " expected: " + event);
        }
        turn.tokens.add(event.path("token").asInt());
      } else if (event.path("done").asBoolean()) {
        turn.ended = true;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(session + " " + value, e);
    }
  }

  /** Tokens of a session so far. */
  int length(String session) {
    return tokens(session).size();
  }

  boolean ended(String session) {
    Turn turn = turns.get(session);
    return turn != null && turn.ended;
  }

  /** Token ids of the session's one turn so far. */
  List<Integer> tokens(String session) {
    Turn turn = turns.get(session);
    return turn == null ? List.of() : turn.tokens;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    lines.close();
  }
}
