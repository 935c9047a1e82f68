package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a fresh process costs: prints the seconds until it is ready and how long the first and the
 * hundredth request wait for their first token; bounds the memory that it has ever used.
 */
@Tag("long")
class FirstRequestTest {
  private static final int REQUESTS = 100;
  private static final long MEGABYTE = 1 << 20;

  /** Beside the weights, the runtime and the states. */
  private static final long UP_MAX = 700 * MEGABYTE;

  private static final long GENERATE_MAX = 300 * MEGABYTE;

  @TempDir Path folder;

  @Test
  void anUpStaysWithinItsMemory() throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs Linux' /proc");
    long began = System.nanoTime();
    try (UpProcess up = UpProcess.start(folder);
        HttpClient http = HttpClient.newHttpClient()) {
      say("%s s until ready".formatted(seconds(began)));
      for (int i = 1; i <= REQUESTS; i++) {
        String waited = untilFirstToken(http, up, i);
        if (i == 1 || i == REQUESTS) {
          say("%s s until the first token of request %d".formatted(waited, i));
        }
      }
      long peak = peak(up.pid());
      say("up has had %d MB".formatted(peak / MEGABYTE));
      assertThat(peak).isLessThan(weights() + UP_MAX);
    }
  }

  private static void say(String figure) {
    System.out.println("first request: " + figure);
  }

  private static String seconds(long began) {
    return "%.3f".formatted((System.nanoTime() - began) / 1e9);
  }

  private static String untilFirstToken(HttpClient http, UpProcess up, int seed) throws Exception {
    ObjectNode body = Api.chat("Tell me a story about fox number " + seed + ".", seed, 4);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(up.api() + "/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.put("stream", true).toString()))
            .build();
    long began = System.nanoTime();
    String waited = "";
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                http.send(request, BodyHandlers.ofInputStream()).body(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (waited.isEmpty() && line.startsWith("data: {") && !content(line).isEmpty()) {
          waited = seconds(began);
        }
      }
    }
    assertThat(waited).as("a token came").isNotEmpty();
    return waited;
  }

  private static String content(String line) {
    String json = line.substring("data: ".length());
    return Api.parse(json).path("choices").path(0).path("delta").path("content").asText("");
  }

  @Test
  void aGenerateStaysWithinItsMemory() throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs Linux' /proc");
    Path out = folder.resolve("out");
    Process process =
        SkeinCommand.start(
            out, folder.resolve("err"), "generate", "--prompt", "The fox", "--max-tokens", "300");
    long peak = 0;
    while (process.isAlive()) {
      peak = Math.max(peak, peak(process.pid()));
    }
    assertThat(process.exitValue()).isZero();
    say("generate has had %d MB".formatted(peak / MEGABYTE));
    assertThat(peak).isPositive().isLessThan(weights() + GENERATE_MAX);
  }

  private static long weights() throws IOException {
    return Files.size(Checkout.root().resolve("ops/models/skein-demo-9m/model.safetensors"));
  }

  /** The most memory that a process has had, in bytes; 0 if it is over. */
  private static long peak(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }
}
