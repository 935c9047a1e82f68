package dev.skein.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.StepBench.Timing;
import dev.skein.bench.machine.Roofline;
import java.util.List;

/**
 * One figure: what was run, how fast, and a digest of what came out.
 *
 * @param bench "decode" or "prefill"
 * @param subject the model
 * @param workload what ran
 * @param timings one a run, in order of the runs
 * @param proof of what was computed
 * @param peakBytes the most memory that the process ever had resident
 * @param otherWork seconds of processors that other processes used, a second measured
 */
public record BenchReport(
    String bench,
    Subject subject,
    Workload workload,
    List<Timing> timings,
    Proof proof,
    long peakBytes,
    double otherWork) {

  /**
   * What reproduces one session: {@code skein generate --tokens prompt --seed seed …} draws the
   * same tokens.
   */
  public record Session(long seed, List<Integer> prompt, String tokensSha256) {}

  /**
   * That the bench computed what serving computes.
   *
   * @param tokensSha256 over the drawn tokens of all sessions, see {@link Recording#digest}
   * @param session0 the session that can be reproduced alone from what is printed
   * @param verified how many sessions were run alone and drew the same
   */
  public record Proof(String tokensSha256, Session session0, int verified) {}

  /** The middle of the runs (of an even number, the mean of the two in the middle). */
  public static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  /** Tokens a second of all sessions together, the middle of the runs. */
  public double tokensPerSecond() {
    return median(timings.stream().map(Timing::tokensPerSecond).toList());
  }

  /** Steps a second, the middle of the runs. */
  public double stepsPerSecond() {
    return median(timings.stream().map(Timing::stepsPerSecond).toList());
  }

  /** The ceiling of this figure at that bandwidth. */
  public Roofline roofline(double readBytesPerSecond) {
    return new Roofline(
        subject.rwkv().bytesPerStep(),
        workload.sessions(),
        subject.stateBytes(),
        readBytesPerSecond);
  }

  /** Writes the three figures of runs in the names that every bench uses. */
  public static void addSpeeds(ObjectNode json, List<Double> tokensPerSecond) {
    List<Double> sorted = tokensPerSecond.stream().sorted().toList();
    json.put("runs", sorted.size());
    json.put("tok_s_median", rounded(median(sorted), 10));
    json.put("tok_s_min", rounded(sorted.getFirst(), 10));
    json.put("tok_s_max", rounded(sorted.getLast(), 10));
  }

  /** The line that a program reads. */
  public ObjectNode toJson() {
    long bytes = roofline(1).bytesPerStep();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("bench", bench);
    json.put("shape", subject.name());
    json.put("quant", subject.rwkv().quantization().title());
    json.put("sessions", workload.sessions());
    json.put("threads", subject.threads());
    json.put("backend", subject.rwkv().backend());
    json.put("prompt_tokens", workload.promptTokens());
    json.put("tokens", workload.drawnTokens());
    addSpeeds(json, timings.stream().map(Timing::tokensPerSecond).toList());
    json.put("bytes_per_step", bytes);
    json.put("gb_s", rounded(stepsPerSecond() * bytes / 1e9, 100));
    json.put("peak_rss_mb", peakBytes >> 20);
    json.put("other_cpu", rounded(otherWork, 100));
    json.put("temperature", workload.sampling().temperature());
    json.put("top_p", workload.sampling().topP());
    json.put("tokens_sha256", proof.tokensSha256());
    json.put("verified_sessions", proof.verified());
    ObjectNode first = json.putObject("session0");
    first.put("seed", proof.session0().seed());
    first.put("tokens_sha256", proof.session0().tokensSha256());
    proof.session0().prompt().forEach(first.putArray("prompt")::add);
    return json;
  }

  static double rounded(double value, int parts) {
    return Math.rint(value * parts) / parts;
  }
}
