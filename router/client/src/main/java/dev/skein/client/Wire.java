package dev.skein.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;

/**
 * Calls of one router. What failed on its way, or was refused only for now (429, 503), is asked for
 * again: every request that changes something names itself, so that nothing is done twice.
 */
final class Wire {
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final long PAUSE_SECONDS_MAX = 60;
  private static final Duration SOON = Duration.ofSeconds(10);

  final HttpClient http;
  final int attempts;
  private final String root;
  private final String apiKey;
  private final Duration patience;

  Wire(HttpClient http, String root, String apiKey, Duration patience, int attempts) {
    this.http = http;
    this.root = root;
    this.apiKey = apiKey;
    this.patience = patience;
    this.attempts = attempts;
  }

  /** A request to a path below {@code /v1}. */
  HttpRequest.Builder to(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(root + path));
    return apiKey.isEmpty() ? request : request.header("Authorization", "Bearer " + apiKey);
  }

  /** The answer's body, read. */
  JsonNode json(HttpRequest.Builder request) throws IOException, InterruptedException {
    return json(request, patience);
  }

  /** The same, of something that is answered at once or not at all. */
  JsonNode soon(HttpRequest.Builder request) throws IOException, InterruptedException {
    return json(request, SOON);
  }

  private JsonNode json(HttpRequest.Builder request, Duration limit)
      throws IOException, InterruptedException {
    HttpRequest built = request.timeout(limit).build();
    for (int attempt = 1; ; attempt++) {
      Duration pause;
      try {
        HttpResponse<String> answer = http.send(built, BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
          return Json.parse(200, answer.body());
        }
        if (attempt >= attempts || !again(answer.statusCode())) {
          throw Json.error(answer.statusCode(), answer.body());
        }
        pause = pause(answer.headers(), attempt);
      } catch (SkeinException e) {
        throw e;
      } catch (IOException e) {
        if (attempt >= attempts) {
          throw e;
        }
        pause = pause(attempt);
      }
      TimeUnit.MILLISECONDS.sleep(pause.toMillis());
    }
  }

  /** Writes the answer's body into a file; its length. */
  long file(HttpRequest.Builder request, Path file) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        http.send(request.timeout(patience).build(), BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw Json.error(answer.statusCode(), new String(answer.body(), StandardCharsets.UTF_8));
    }
    Files.write(file, answer.body());
    return answer.body().length;
  }

  /** Whether what was refused may be granted later. */
  static boolean again(int status) {
    return status == 429 || status == 503;
  }

  /** How long to wait before the next attempt. */
  static Duration pause(int attempt) {
    return PAUSE.multipliedBy(1L << Math.min(attempt - 1, 6));
  }

  static Duration pause(HttpHeaders headers, int attempt) {
    String seconds = headers.firstValue("Retry-After").orElse("");
    return seconds.matches("[0-9]{1,4}")
        ? Duration.ofSeconds(Math.min(PAUSE_SECONDS_MAX, Long.parseLong(seconds)))
        : pause(attempt);
  }

  /** Runs something later, on the client's threads. */
  void later(Duration pause, Runnable what) {
    Executor delayed =
        CompletableFuture.delayedExecutor(
            pause.toMillis(),
            TimeUnit.MILLISECONDS,
            http.executor().orElseGet(ForkJoinPool::commonPool));
    delayed.execute(what);
  }
}
