package dev.skein.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The sessions that the key of a client opens. Every method throws {@link SkeinException} with the
 * code {@code session_not_found} for a session that does not exist, and {@link IOException} if no
 * router answers.
 */
public final class Sessions {
  private final Wire wire;

  Sessions(Wire wire) {
    this.wire = wire;
  }

  /**
   * The names of stored sessions in their order, a page at a time.
   *
   * @param after the last name of the page before; empty for the first page
   * @param limit 1 to 1,000
   */
  public List<SessionInfo> list(String after, int limit) throws IOException, InterruptedException {
    String query = "?limit=" + limit + (after.isEmpty() ? "" : "&after=" + encoded(after));
    List<SessionInfo> page = new ArrayList<>();
    for (JsonNode session : wire.json(wire.to("/sessions" + query).GET()).path("data")) {
      page.add(Json.session(session));
    }
    return List.copyOf(page);
  }

  public SessionInfo show(String session) throws IOException, InterruptedException {
    return Json.session(wire.json(wire.to(path(session, "")).GET()));
  }

  /**
   * What was said, oldest turn first.
   *
   * @param limit at most so many of the newest turns, 1 to 1,000
   */
  public List<SessionTurn> transcript(String session, int limit)
      throws IOException, InterruptedException {
    List<SessionTurn> turns = new ArrayList<>();
    JsonNode root = wire.json(wire.to(path(session, "/transcript?limit=" + limit)).GET());
    for (JsonNode turn : root.path("data")) {
      turns.add(Json.turn(turn));
    }
    return List.copyOf(turns);
  }

  /** Makes a session that remembers what this one does now, and goes its own way. */
  public SessionInfo fork(String session, String child) throws IOException, InterruptedException {
    return fork(session, JsonNodeFactory.instance.objectNode().put("session", child));
  }

  /** The same as of the end of an earlier turn. */
  public SessionInfo fork(String session, String child, long turn)
      throws IOException, InterruptedException {
    return fork(
        session, JsonNodeFactory.instance.objectNode().put("session", child).put("turn", turn));
  }

  private SessionInfo fork(String session, ObjectNode body)
      throws IOException, InterruptedException {
    return Json.session(wire.json(post(path(session, "/fork"), body)));
  }

  /** The session goes on from the end of an earlier turn. */
  public SessionInfo rewind(String session, long turn) throws IOException, InterruptedException {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("turn", turn);
    return Json.session(wire.json(post(path(session, "/rewind"), body)));
  }

  /**
   * Writes the session into a file, its state included, which any Skein of the same model takes in;
   * its length in bytes.
   */
  public long export(String session, Path file) throws IOException, InterruptedException {
    return wire.file(wire.to(path(session, "/export")).GET(), file);
  }

  /** Deletes state, snapshots and transcript. */
  public void delete(String session) throws IOException, InterruptedException {
    var _ = wire.json(named(wire.to(path(session, "")).DELETE()));
  }

  /** A change names itself, so that it is done once however often it is sent. */
  private static HttpRequest.Builder named(HttpRequest.Builder change) {
    return change.header("Idempotency-Key", UUID.randomUUID().toString());
  }

  private HttpRequest.Builder post(String path, ObjectNode body) {
    return named(
        wire.to(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())));
  }

  private static String path(String session, String rest) {
    return "/sessions/" + encoded(session) + rest;
  }

  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
