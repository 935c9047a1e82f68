package dev.skein.system.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What kcat with its default settings reads of the topic {@code tokens}, from its beginning: a
 * committed reader without any code of its own.
 */
final class KcatTranscript implements AutoCloseable {
  private static final String TOKENS = "skein.main.tokens";
  private static final String REQUESTS = "skein.main.requests";

  private final Process process;
  private final Path file;
  private final String kafka;

  private KcatTranscript(Process process, Path file, String kafka) {
    this.process = process;
    this.file = file;
    this.kafka = kafka;
  }

  static KcatTranscript start(String kafka, Path folder) {
    Path file = folder.resolve("tokens.txt");
    try {
      Process process =
          new ProcessBuilder(
                  "kcat",
                  "-C",
                  "-b",
                  kafka,
                  "-t",
                  TOKENS,
                  "-o",
                  "beginning",
                  "-q",
                  "-u",
                  "-f",
                  "%k %s\n")
              .redirectOutput(file.toFile())
              .redirectError(folder.resolve("kcat.err").toFile())
              .start();
      return new KcatTranscript(process, file, kafka);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts a request on the bus, with kcat's own partitioner. */
  void request(String session, Piece piece) {
    try {
      Process producing =
          new ProcessBuilder("kcat", "-P", "-b", kafka, "-t", REQUESTS, "-K", "|")
              .redirectErrorStream(true)
              .start();
      producing
          .getOutputStream()
          .write((session + "|" + piece.request() + "\n").getBytes(StandardCharsets.UTF_8));
      producing.getOutputStream().close();
      if (!producing.waitFor(60, TimeUnit.SECONDS) || producing.exitValue() != 0) {
        throw new AssertionError("kcat did not produce");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The events of a session so far, in the order of the log. */
  List<JsonNode> events(String session) {
    List<JsonNode> events = new ArrayList<>();
    String begin = session + " {";
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      int end = text.lastIndexOf('\n');
      for (String line : text.substring(0, Math.max(end, 0)).split("\n", -1)) {
        if (line.startsWith(begin)) {
          events.add(Piece.JSON.readTree(line.substring(session.length() + 1)));
        }
      }
      return events;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Tokens of a session so far. */
  int length(String session) {
    return (int) events(session).stream().filter(e -> e.has("token")).count();
  }

  boolean ended(String session) {
    List<JsonNode> events = events(session);
    return !events.isEmpty() && events.getLast().path("done").asBoolean();
  }

  /** Token ids of the session's one turn, whose indices must come once and in order. */
  List<Integer> tokens(String session) {
    List<Integer> tokens = new ArrayList<>();
    for (JsonNode event : events(session)) {
      if (event.has("token")) {
        if (event.path("index").asInt() != tokens.size()) {
          throw new AssertionError("index " + tokens.size() + " expected: " + event);
        }
        tokens.add(event.path("token").asInt());
      }
    }
    return tokens;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
