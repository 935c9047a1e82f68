package dev.skein.bench.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A llama.cpp process with one model, that does one thing at a time and says how long it took. */
public final class LlamaCpp implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final Writer commands;
  private final Greeting greeting;

  /**
   * What it says when its model has been loaded.
   *
   * @param version of llama.cpp
   * @param modelBytes of all tensors
   * @param streamedBytes of those that a step reads
   * @param backend the best instructions it has here for int8: "amx", "avx512-vnni" or "other"
   */
  public record Greeting(String version, long modelBytes, long streamedBytes, String backend) {
    static Greeting parse(String line) {
      String[] words = line.split(" ");
      if (words.length != 5 || !words[0].equals("ready")) {
        throw new IllegalStateException("llama.cpp's driver said '" + line + "'");
      }
      return new Greeting(words[1], Long.parseLong(words[2]), Long.parseLong(words[3]), words[4]);
    }
  }

  /** One run: tokens of all sessions, how long they took, and the memory it ever needed. */
  public record Run(long tokens, long nanos, long peakBytes) {
    /** Tokens of all sessions together in a second. */
    public double tokensPerSecond() {
      return tokens * 1e9 / nanos;
    }

    static Run parse(String line) {
      String[] words = line.split(" ");
      return new Run(
          Long.parseLong(words[0]), Long.parseLong(words[1]), 1024 * Long.parseLong(words[2]));
    }
  }

  LlamaCpp(Path driver, Path libraries, Path model, int threads) throws IOException {
    process =
        new ProcessBuilder(
                driver.toString(),
                libraries.toString(),
                "serve",
                model.toString(),
                String.valueOf(threads))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    commands = process.outputWriter(StandardCharsets.UTF_8);
    greeting = Greeting.parse(answer());
  }

  /** What runs. */
  public Greeting greeting() {
    return greeting;
  }

  /**
   * Sessions that read a random prompt each and then feed back their own likeliest token, one step
   * for all of them at a time.
   *
   * @param stride sequence ids are multiples of it; 1 is what llama.cpp likes
   * @param steps measured, after the prompts
   */
  public Run decode(int sessions, int stride, int promptTokens, int steps) {
    return Run.parse(ask("decode %d %d %d %d".formatted(sessions, stride, promptTokens, steps)));
  }

  /** A random prompt in one call. */
  public Run prefill(int tokens) {
    return Run.parse(ask("prefill " + tokens));
  }

  /** Logits after every token but the last of each text. */
  void logits(Path texts, Path logits) {
    ask("logits " + texts + " " + logits);
  }

  private String ask(String command) {
    try {
      commands.write(command + "\n");
      commands.flush();
      return answer();
    } catch (IOException e) {
      throw new UncheckedIOException("llama.cpp's process has ended", e);
    }
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("llama.cpp's process has ended; what it said stands above");
    }
    return line;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
