package dev.skein.cli.demo.failover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.CommandFailure;
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

/**
 * One streamed completion as any HTTP client gets it: checks that no index is missing or repeated.
 */
final class StoryStream {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Hears of each event of the answer, in order. */
  @FunctionalInterface
  interface Listener {
    void piece(int index, String text);
  }

  private final StringBuilder text = new StringBuilder();
  private int next;

  private StoryStream() {}

  /** What is asked for. */
  record Story(String session, String prompt, long seed, int tokens) {
    String body() {
      ObjectNode body = JSON.createObjectNode();
      body.put("prompt", prompt).put("session", session).put("seed", seed);
      body.put("max_tokens", tokens).put("ignore_end_of_text", true).put("stream", true);
      return body.toString();
    }
  }

  /**
   * Asks and listens to the end; returns the whole text.
   *
   * @throws CommandFailure if the answer fails, breaks off, or is not whole
   */
  static String follow(String url, Story story, Listener listener) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(story.body()))
            .build();
    StoryStream stream = new StoryStream();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpResponse<Stream<String>> answer = http.send(request, BodyHandlers.ofLines());
      try (Stream<String> lines = answer.body()) {
        if (answer.statusCode() != 200) {
          throw new CommandFailure(
              "the router refused the story: " + lines.collect(Collectors.joining()));
        }
        stream.read(lines.iterator(), listener);
      }
    } catch (IOException e) {
      throw new CommandFailure("the router broke off: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
    return stream.text.toString();
  }

  private void read(Iterator<String> lines, Listener listener) throws IOException {
    String id = "";
    while (lines.hasNext()) {
      String line = lines.next();
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.equals("data: [DONE]")) {
        return;
      } else if (line.startsWith("data: ")) {
        piece(id, JSON.readTree(line.substring(6)), listener);
      }
    }
    throw new CommandFailure("the answer ended before it was complete");
  }

  private void piece(String id, JsonNode event, Listener listener) {
    if (event.has("error")) {
      throw new CommandFailure("the story failed: " + event.at("/error/message").asText());
    }
    String[] place = id.split("\\.", -1); // turn.choice.index.offset
    if (place.length < 3 || !place[2].equals(Integer.toString(next))) {
      throw new CommandFailure("event " + next + " expected, and event " + id + " came");
    }
    String piece = event.at("/choices/0/text").asText();
    text.append(piece);
    listener.piece(next++, piece);
  }
}
