package dev.skein.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * How near a quantised model is to itself in fp32.
 *
 * @param subject name of the model
 * @param quant quantisation
 * @param tokens places at which the next token was predicted
 * @param perplexityExact of the text in fp32
 * @param perplexity of the text in the quantisation
 * @param divergence mean KL(fp32 ‖ quantised) of the distributions of the next token, in nats
 * @param divergenceMax the largest of them
 * @param agreement share of places where both find the same token likeliest
 * @param bytesPerStep weight bytes that one step reads
 */
public record QualityReport(
    String subject,
    String quant,
    long tokens,
    double perplexityExact,
    double perplexity,
    double divergence,
    double divergenceMax,
    double agreement,
    long bytesPerStep) {

  /** The line that a program reads. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("bench", "quality");
    json.put("shape", subject);
    json.put("quant", quant);
    json.put("tokens", tokens);
    json.put("perplexity_fp32", perplexityExact);
    json.put("perplexity", perplexity);
    json.put("kl", divergence);
    json.put("kl_max", divergenceMax);
    json.put("top1_agreement", agreement);
    json.put("bytes_per_step", bytesPerStep);
    return json;
  }
}
