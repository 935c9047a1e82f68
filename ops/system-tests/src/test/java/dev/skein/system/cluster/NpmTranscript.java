package dev.skein.system.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.system.SkeinCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the npm client {@code openai} gets of streamed completions: one process of {@code
 * src/test/node/streams.cjs} for all of them, which tells when each event came.
 */
final class NpmTranscript implements AutoCloseable {

  /** A client that has heard nothing for so long leaves its router, as {@code streams.cjs} says. */
  static final long SILENCE_MS = 12_000;

  /** A stream so far. */
  static final class Stream {
    private final StringBuilder text = new StringBuilder();
    private final List<Long> times = new ArrayList<>();
    private final List<String> breaks = new ArrayList<>();
    private boolean done;

    /** Events so far: tokens, and the end. */
    int length() {
      return times.size();
    }

    boolean done() {
      return done;
    }

    String text() {
      return text.toString();
    }

    /** Why the connection broke, each time it did. */
    List<String> breaks() {
      return breaks;
    }

    /**
     * The longest wait for an event that came after a moment, in milliseconds; -1 if none has come
     * since.
     *
     * @param sinceMs of the epoch
     */
    long gapMs(long sinceMs) {
      long gap = -1;
      for (int i = 1; i < times.size(); i++) {
        if (times.get(i) > sinceMs) {
          gap = Math.max(gap, times.get(i) - times.get(i - 1));
        }
      }
      return gap;
    }
  }

  private final Process process;
  private final Path err;
  private final Lines lines;
  private final Map<String, Stream> streams = new HashMap<>();

  private NpmTranscript(Process process, Path err, Lines lines) {
    this.process = process;
    this.err = err;
    this.lines = lines;
  }

  /** Whether {@code .ci/install} could install the client. */
  static boolean isInstalled() {
    return Files.isDirectory(modules().resolve("openai"));
  }

  private static Path tests() {
    return Path.of(System.getProperty("skein.home")).resolve("ops/system-tests");
  }

  private static Path modules() {
    return tests().resolve("target/node/node_modules");
  }

  static NpmTranscript start(Path folder) {
    try {
      Path out = Files.createFile(folder.resolve("npm.txt"));
      Path err = folder.resolve("npm.err");
      ProcessBuilder node =
          new ProcessBuilder("node", tests().resolve("src/test/node/streams.cjs").toString())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      node.environment().put("NODE_PATH", modules().toString());
      return new NpmTranscript(node.start(), err, new Lines(out));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Asks for a stream.
   *
   * @param apis where to ask; after a break at the next one
   */
  void request(String session, Piece piece, List<String> apis) {
    ObjectNode asked = Piece.JSON.createObjectNode().put("session", session);
    apis.forEach(asked.putArray("apis")::add);
    asked.set("body", piece.request());
    streams.put(session, new Stream());
    try {
      process.getOutputStream().write((asked + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes in what has come since. */
  void read() {
    if (!process.isAlive()) {
      throw new AssertionError("node ended: " + SkeinCommand.read(err));
    }
    lines.more().forEach(this::take);
  }

  private void take(String line) {
    try {
      JsonNode event = Piece.JSON.readTree(line);
      Stream stream = streams.get(event.path("session").asText());
      if (stream == null) {
        throw new AssertionError("nobody asked for " + line);
      }
      if (event.has("text")) {
        stream.text.append(event.path("text").asText());
        stream.times.add(event.path("at").asLong());
      } else if (event.has("broken")) {
        stream.breaks.add(event.path("broken").asText());
        System.out.println(line);
      } else {
        stream.done = true;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(line, e);
    }
  }

  Stream of(String session) {
    Stream stream = streams.get(session);
    if (stream == null) {
      throw new IllegalArgumentException("nobody asked for " + session);
    }
    return stream;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    lines.close();
  }
}
