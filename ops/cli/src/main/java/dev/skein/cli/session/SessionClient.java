package dev.skein.cli.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.skein.cli.CommandFailure;
import dev.skein.cli.web.ApiKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code /v1/sessions} of one router. */
final class SessionClient implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration CONNECT = Duration.ofSeconds(5);

  /** The router answers sooner: it gives up on a worker after 30 seconds. */
  private static final Duration ANSWER = Duration.ofMinutes(3);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT).build();
  private final String url;
  private final @Nullable String pool;
  private final ApiKey key;

  /**
   * @param url of the router, with or without {@code /v1} at its end
   * @param pool the one that is meant, or null
   */
  SessionClient(String url, @Nullable String pool, ApiKey key) {
    if (!url.matches("https?://[^/].*")) {
      throw new CommandFailure("--url must begin with http:// or https://, and is '" + url + "'");
    }
    String trimmed = url.replaceAll("/+$", "");
    this.url = (trimmed.endsWith("/v1") ? trimmed : trimmed + "/v1") + "/sessions";
    this.pool = pool;
    this.key = key;
  }

  /** A request of a path below {@code /v1/sessions}. */
  HttpRequest.Builder request(String path) {
    String chosen = pool;
    String query =
        chosen == null ? "" : (path.contains("?") ? "&" : "?") + "pool=" + encoded(chosen);
    return key.on(HttpRequest.newBuilder(URI.create(url + path + query)).timeout(ANSWER));
  }

  /** A session's name as a part of a path or query. */
  static String encoded(String session) {
    return URLEncoder.encode(session, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The JSON that answers a request. */
  JsonNode json(HttpRequest.Builder request) {
    try (InputStream body = body(request.header("Accept", "application/json"))) {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new CommandFailure("the router at " + url + " broke off: " + e.getMessage(), e);
    }
  }

  /** The bytes that answer a request, as they come. */
  InputStream body(HttpRequest.Builder request) {
    try {
      HttpResponse<InputStream> answer = http.send(request.build(), BodyHandlers.ofInputStream());
      if (answer.statusCode() == 200) {
        return answer.body();
      }
      try (InputStream body = answer.body()) {
        throw refusal(answer.statusCode(), new String(body.readAllBytes(), StandardCharsets.UTF_8));
      }
    } catch (ConnectException e) {
      throw new CommandFailure(
          "no router listens at " + url + ": start one with skein up, or name another with --url",
          e);
    } catch (IOException e) {
      throw new CommandFailure("the router at " + url + " broke off: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  private static CommandFailure refusal(int status, String body) {
    String message = "";
    try {
      message = JSON.readTree(body).path("error").path("message").asText("");
    } catch (IOException e) {
      return new CommandFailure("the router refused with status " + status + ": " + body, e);
    }
    String hint =
        status == 401 ? " (the key is taken from the environment, " + ApiKey.VARIABLE + ")" : "";
    return new CommandFailure(
        (message.isEmpty() ? "the router refused with status " + status : message) + hint);
  }

  @Override
  public void close() {
    http.close();
  }
}
