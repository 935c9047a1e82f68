package dev.skein.bench.mixed;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.Subject;
import dev.skein.bench.machine.ProcessMemory;
import dev.skein.engine.StepReport;

/**
 * What a mixed load gave.
 *
 * @param name of the load
 * @param arrivalsPerSecond mean
 * @param counts of what happened
 * @param steadyTokensPerSecond drawn by as many sessions that all decode
 * @param firstToken from arrival to the first token, waiting for a place included
 * @param betweenTokens of each session
 * @param proof that it was computed rightly
 */
public record MixedReport(
    String name,
    Subject subject,
    MixedLoad load,
    double arrivalsPerSecond,
    Counts counts,
    double steadyTokensPerSecond,
    Latencies firstToken,
    Latencies betweenTokens,
    Proof proof) {

  /**
   * That sessions run alone drew the same.
   *
   * @param tokensSha256 over the first tokens of those
   * @param verified how many
   */
  public record Proof(String tokensSha256, int verified) {
    void addTo(ObjectNode line) {
      line.put("tokens_sha256", tokensSha256);
      line.put("verified_sessions", verified);
    }
  }

  /** Grows while the load runs; tokens count from when the places have filled up. */
  static final class Counts {
    int arrived;
    int refused;
    long from;
    long to;
    private long drawn;
    private long prompt;
    private long ended;

    void add(StepReport report, long now) {
      if (from != 0 && now >= from) {
        drawn += report.drawn();
        prompt += report.promptTokens();
        ended += report.ended();
      }
    }

    private double perSecond(long count) {
      return count * 1e9 / (to - from);
    }
  }

  /** Drawn tokens a second of all sessions. */
  public double tokensPerSecond() {
    return counts.perSecond(counts.drawn);
  }

  /** What part of the steady figure was drawn. */
  public double ofSteady() {
    return tokensPerSecond() / steadyTokensPerSecond;
  }

  /** The same with the prompt tokens that were read meanwhile. */
  public double ofSteadyWithPrompts() {
    return counts.perSecond(counts.drawn + counts.prompt) / steadyTokensPerSecond;
  }

  /** The line that a program reads. */
  public ObjectNode toJson() {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("bench", "mixed");
    line.put("load", name);
    head(line, subject, load.sessions());
    line.put("seconds", load.seconds());
    line.put("prompt_tokens_mean", load.promptMean());
    line.put("reply_tokens_mean", load.replyMean());
    line.put("arrivals_s", rounded(arrivalsPerSecond));
    line.put("arrived", counts.arrived);
    line.put("refused", counts.refused);
    line.put("ended_s", rounded(counts.perSecond(counts.ended)));
    line.put("tok_s", rounded(tokensPerSecond()));
    line.put("prompt_tok_s", rounded(counts.perSecond(counts.prompt)));
    line.put("steady_tok_s", rounded(steadyTokensPerSecond));
    line.put("percent_of_steady", rounded(100 * ofSteady()));
    line.put("percent_of_steady_with_prompts", rounded(100 * ofSteadyWithPrompts()));
    firstToken.addTo(line, "ttft");
    betweenTokens.addTo(line, "itl");
    line.put("peak_rss_mb", ProcessMemory.peak() >> 20);
    proof.addTo(line);
    return line;
  }

  static void head(ObjectNode line, Subject subject, int sessions) {
    line.put("shape", subject.name());
    line.put("quant", subject.rwkv().quantization().title());
    line.put("sessions", sessions);
    line.put("threads", subject.threads());
    line.put("backend", subject.rwkv().backend());
  }

  static double rounded(double value) {
    return Math.rint(10 * value) / 10;
  }
}
