package dev.skein.cli.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.CommandFailure;
import dev.skein.cli.web.ApiKey;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One session on a router, spoken to through {@code /v1/chat/completions} as a stream. */
final class ChatClient implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final String DATA = "data:";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).build();
  private final String url;
  private final String session;

  /**
   * @param url of the router, with or without {@code /v1} at its end
   */
  ChatClient(String url, String session) {
    if (!url.matches("https?://[^/].*")) {
      throw new CommandFailure("--url must begin with http://, and is '" + url + "'");
    }
    String trimmed = url.replaceAll("/+$", "");
    this.url = trimmed.endsWith("/v1") ? trimmed : trimmed + "/v1";
    this.session = session;
  }

  /** Whether a router answers there. */
  boolean reachable() {
    try {
      return http.send(get("/models"), BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Name of the first model that the router offers. */
  String model() {
    try {
      HttpResponse<String> answer = http.send(get("/models"), BodyHandlers.ofString());
      JsonNode first = JSON.readTree(answer.body()).path("data").path(0).path("id");
      if (answer.statusCode() != 200 || !first.isTextual()) {
        throw new CommandFailure(
            "the router at " + url + " offers no model: " + answer.body().strip());
      }
      return first.textValue();
    } catch (ConnectException e) {
      throw new CommandFailure("no router listens at " + url + ": start one with skein up", e);
    } catch (IOException e) {
      throw new CommandFailure("no router answers at " + url + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  /**
   * Says something and shows the answer piece by piece.
   *
   * @throws CommandFailure with the router's own sentence if it refuses, or breaks off
   */
  void say(String model, String words, int maxTokens, Consumer<String> show) {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", model)
        .put("session", session)
        .put("stream", true)
        .put("max_tokens", maxTokens);
    body.putArray("messages").addObject().put("role", "user").put("content", words);
    HttpRequest request =
        request("/chat/completions")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    try {
      HttpResponse<Stream<String>> answer = http.send(request, BodyHandlers.ofLines());
      try (Stream<String> lines = answer.body()) {
        if (answer.statusCode() != 200) {
          throw refusal(lines.collect(Collectors.joining()));
        }
        follow(lines.iterator(), show);
      }
    } catch (IOException e) {
      throw new CommandFailure("the router at " + url + " broke off: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  private static void follow(Iterator<String> lines, Consumer<String> show) throws IOException {
    while (lines.hasNext()) {
      String line = lines.next();
      if (!line.startsWith(DATA)) {
        continue;
      }
      String data = line.substring(DATA.length()).strip();
      if (data.equals("[DONE]")) {
        return;
      }
      JsonNode event = JSON.readTree(data);
      if (event.has("error")) {
        throw refusal(data);
      }
      String piece = event.path("choices").path(0).path("delta").path("content").asText("");
      if (!piece.isEmpty()) {
        show.accept(piece);
      }
    }
    throw new CommandFailure("the answer ended before it was complete");
  }

  private static CommandFailure refusal(String body) {
    try {
      String message = JSON.readTree(body).path("error").path("message").asText("");
      return new CommandFailure(message.isEmpty() ? "the router refused: " + body : message);
    } catch (IOException e) {
      return new CommandFailure("the router refused: " + body, e);
    }
  }

  private HttpRequest get(String path) {
    return request(path).timeout(CONNECT).GET().build();
  }

  private HttpRequest.Builder request(String path) {
    return ApiKey.ofEnvironment().on(HttpRequest.newBuilder(URI.create(url + path)));
  }

  @Override
  public void close() {
    http.close();
  }
}
