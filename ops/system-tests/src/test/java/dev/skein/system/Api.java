package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;

/** A client of the HTTP API, as strict as the published ones. */
final class Api implements AutoCloseable {
  static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String base;

  Api(UpProcess up) {
    this.base = up.api();
  }

  /** An answer of a stream, put together. */
  record Answer(String text, String finishReason, int pieces) {}

  static ObjectNode chat(String words, long seed, int maxTokens) {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", "skein-demo-9m").put("seed", seed).put("max_tokens", maxTokens);
    body.putArray("messages").addObject().put("role", "user").put("content", words);
    return body;
  }

  /** An answer that came at once. */
  JsonNode whole(ObjectNode body) {
    return parse(post(body));
  }

  /** A whole answer's text. */
  String ask(ObjectNode body) {
    JsonNode answer = whole(body);
    JsonNode choice = answer.path("choices").path(0);
    assertThat(choice.path("finish_reason").asText()).as(answer.toString()).isNotEmpty();
    return choice.path("message").path("content").asText();
  }

  /** A streamed answer. */
  Answer stream(ObjectNode body) {
    ObjectNode streaming = body.deepCopy().put("stream", true);
    StringBuilder text = new StringBuilder();
    List<String> reasons = new ArrayList<>();
    int pieces = 0;
    boolean done = false;
    for (String line : post(streaming).lines().toList()) {
      if (!line.startsWith("data:")) {
        continue;
      }
      assertThat(done).as("nothing follows [DONE]").isFalse();
      String data = line.substring("data:".length()).strip();
      done = data.equals("[DONE]");
      if (!done) {
        JsonNode choice = parse(data).path("choices").path(0);
        String piece = choice.path("delta").path("content").asText("");
        text.append(piece);
        pieces += piece.isEmpty() ? 0 : 1;
        if (choice.path("finish_reason").isTextual()) {
          reasons.add(choice.path("finish_reason").textValue());
        }
      }
    }
    assertThat(done).as("the stream ends with [DONE]").isTrue();
    assertThat(reasons).hasSize(1);
    return new Answer(text.toString(), reasons.getFirst(), pieces);
  }

  private String post(ObjectNode body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + "/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    try {
      var answer = http.send(request, BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return answer.body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  String get(String url) {
    try {
      return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(json, e);
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
