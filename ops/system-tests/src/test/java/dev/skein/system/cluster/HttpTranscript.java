package dev.skein.system.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Iterator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a plain HTTP client gets of a streamed completion. It checks the ids of the events, and can
 * go on at another router after the last one that it has.
 */
final class HttpTranscript {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String session;
  private final Piece piece;
  private final StringBuilder text = new StringBuilder();
  private volatile int next;
  private volatile String lastId = "";
  private volatile boolean done;
  private volatile @Nullable String broken;
  private volatile long gapMs;

  HttpTranscript(String session, Piece piece) {
    this.session = session;
    this.piece = piece;
  }

  /** Asks at a router, or resumes there if something came before. */
  void follow(String api) {
    broken = null;
    var body = piece.request();
    body.put("session", session).put("stream", true);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(api + "/completions"))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", "request-of-" + session)
            .POST(BodyPublishers.ofString(body.toString()));
    if (!lastId.isEmpty()) {
      request.header("Last-Event-ID", lastId);
    }
    Thread.ofVirtual().start(() -> follow(request.build()));
  }

  private void follow(HttpRequest request) {
    try {
      HttpResponse<Stream<String>> answer = CLIENT.send(request, BodyHandlers.ofLines());
      try (Stream<String> lines = answer.body()) {
        if (answer.statusCode() != 200) {
          broken = answer.statusCode() + " " + lines.collect(Collectors.joining());
          return;
        }
        read(lines.iterator());
      }
    } catch (IOException | RuntimeException e) {
      broken = e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void read(Iterator<String> lines) throws IOException {
    String id = "";
    long last = System.nanoTime();
    while (lines.hasNext()) {
      String line = lines.next();
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.equals("data: [DONE]")) {
        done = true;
        return;
      } else if (line.startsWith("data: ")) {
        long now = System.nanoTime();
        gapMs = next == 0 ? 0 : Math.max(gapMs, (now - last) / 1_000_000);
        last = now;
        take(id, Piece.JSON.readTree(line.substring(6)));
      }
    }
    broken = "the stream ended after " + lastId;
  }

  private void take(String id, JsonNode event) throws IOException {
    if (event.has("error")) {
      throw new IOException(event.toString());
    }
    int expected = next;
    if (!id.matches("0\\.0\\." + expected + "\\.[0-9]+")) {
      throw new IOException("event " + expected + " expected, not " + id);
    }
    text.append(event.at("/choices/0/text").asText());
    lastId = id;
    next = expected + 1;
  }

  String session() {
    return session;
  }

  Piece piece() {
    return piece;
  }

  /** Events so far: tokens, and the end. */
  int length() {
    return next;
  }

  boolean done() {
    return done;
  }

  /** Why it broke off, or null. */
  @Nullable String broken() {
    return broken;
  }

  /** The longest wait for an event after the first. */
  long gapMs() {
    return gapMs;
  }

  /** The whole text; when {@link #done}. */
  String text() {
    return text.toString();
  }
}
