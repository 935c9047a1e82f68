package dev.skein.router.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.Request;
import dev.skein.proto.Sampling;
import java.util.Map;

/**
 * How tokens are drawn: the OpenAI API's fields with its ranges, and those that recurrent models
 * know besides.
 */
final class SamplingFields {
  private static final int BIASES_MAX = 1_024;
  private static final double HALF_LIFE_MAX = 1e6;

  private SamplingFields() {}

  static void read(JsonFields fields, Request.Builder request) throws ApiException {
    Sampling.Builder sampling = Sampling.newBuilder();
    Float value = fields.number("temperature", 0, 2);
    if (value != null) {
      sampling.setTemperature(value);
    }
    value = fields.number("top_p", 0, 1);
    if (value != null) {
      sampling.setTopP(value);
    }
    Integer topK = fields.integer("top_k", 0, 1 << 20);
    if (topK != null) {
      sampling.setTopK(topK);
    }
    value = fields.number("min_p", 0, 1);
    if (value != null) {
      sampling.setMinP(value);
    }
    value = fields.number("typical_p", 0, 1);
    if (value != null) {
      sampling.setTypicalP(value);
    }
    penalties(fields, sampling);
    biases(fields, sampling);
    request.setSampling(sampling);
  }

  private static void penalties(JsonFields fields, Sampling.Builder sampling) throws ApiException {
    Float value = fields.number("presence_penalty", -2, 2);
    if (value != null) {
      sampling.setPresencePenalty(value);
    }
    value = fields.number("frequency_penalty", -2, 2);
    if (value != null) {
      sampling.setFrequencyPenalty(value);
    }
    value = fields.number("penalty_decay", 0, 1);
    if (value != null) {
      sampling.setPenaltyDecay(value);
      return;
    }
    value = fields.number("half_life", 0, HALF_LIFE_MAX);
    if (value != null) {
      sampling.setPenaltyDecay(decay(value));
    }
  }

  /**
   * Some servers call the decay itself a half-life, others the number of tokens after which a
   * penalty has halved. A half-life of at most one token makes no sense, so such a number is a
   * decay.
   */
  private static float decay(float halfLife) {
    return halfLife <= 1 ? halfLife : (float) StrictMath.pow(0.5, 1.0 / halfLife);
  }

  private static void biases(JsonFields fields, Sampling.Builder sampling) throws ApiException {
    JsonNode biases = fields.get("logit_bias");
    if (biases == null) {
      return;
    }
    if (!biases.isObject()) {
      throw fields.wrong("logit_bias", "an object of token ids and numbers", biases);
    }
    if (biases.size() > BIASES_MAX) {
      throw ApiException.invalid("logit_bias", "'logit_bias' names more than 1024 tokens.");
    }
    JsonFields inner = new JsonFields(biases, "logit_bias.");
    for (Map.Entry<String, JsonNode> bias : biases.properties()) {
      String token = bias.getKey();
      if (!token.matches("[0-9]{1,9}")) {
        throw ApiException.invalid("logit_bias", "'logit_bias' must have token ids as its keys.");
      }
      sampling.putLogitBias(
          Integer.parseInt(token), inner.number(token, bias.getValue(), -100, 100));
    }
  }
}
