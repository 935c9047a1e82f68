package dev.skein.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * One figure: what was run, how fast, and a digest of what came out.
 *
 * @param bench "decode" or "prefill"
 * @param subject shape or name of the model
 * @param quant quantisation
 * @param workload what ran
 * @param threads threads of the kernels
 * @param backend kernels that executed
 * @param tokensPerSecond one figure a run, in order of the runs
 * @param stepsPerSecond of the same runs
 * @param bytesPerStep weight bytes that one step reads
 * @param tokensSha256 over the drawn tokens of all sessions, see {@link Recording#digest}
 * @param session0 the session that can be reproduced alone from what is printed
 */
public record BenchReport(
    String bench,
    String subject,
    String quant,
    Workload workload,
    int threads,
    String backend,
    List<Double> tokensPerSecond,
    List<Double> stepsPerSecond,
    long bytesPerStep,
    String tokensSha256,
    Session session0) {

  /**
   * What reproduces one session: {@code skein generate --tokens prompt --seed seed …} draws the
   * same tokens.
   */
  public record Session(long seed, List<Integer> prompt, String tokensSha256) {}

  /** The middle of the runs (of an even number, the mean of the two in the middle). */
  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  /** The line that a program reads. */
  public ObjectNode toJson() {
    List<Double> sorted = tokensPerSecond.stream().sorted().toList();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("bench", bench);
    json.put("shape", subject);
    json.put("quant", quant);
    json.put("sessions", workload.sessions());
    json.put("threads", threads);
    json.put("backend", backend);
    json.put("prompt_tokens", workload.promptTokens());
    json.put("tokens", workload.drawnTokens());
    json.put("runs", tokensPerSecond.size());
    json.put("tok_s_median", rounded(median(sorted), 10));
    json.put("tok_s_min", rounded(sorted.getFirst(), 10));
    json.put("tok_s_max", rounded(sorted.getLast(), 10));
    json.put("bytes_per_step", bytesPerStep);
    json.put("gb_s", rounded(median(stepsPerSecond) * bytesPerStep / 1e9, 100));
    json.put("peak_rss_mb", ProcessMemory.peak() >> 20);
    json.put("temperature", workload.sampling().temperature());
    json.put("top_p", workload.sampling().topP());
    json.put("tokens_sha256", tokensSha256);
    ObjectNode first = json.putObject("session0");
    first.put("seed", session0.seed());
    first.put("tokens_sha256", session0.tokensSha256());
    session0.prompt().forEach(first.putArray("prompt")::add);
    return json;
  }

  private static double rounded(double value, int parts) {
    return Math.rint(value * parts) / parts;
  }
}
