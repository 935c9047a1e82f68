package dev.skein.model.sampling;

import java.util.Map;

/**
 * How tokens are drawn. Whoever makes one gets a checked one: the constructor names the field that
 * is out of range.
 *
 * @param temperature 0 to 10; 0 takes the most probable token (of equals the lowest id)
 * @param topP 0 to 1: only the most probable tokens that together reach this probability, before
 *     the temperature; 1 is off; tokens as probable as the last one stay
 * @param topK only so many most probable tokens (and those as probable as the last); 0 is off
 * @param minP 0 to 1: only tokens with at least this part of the greatest probability; 0 is off
 * @param typicalP above 0 to 1: only the tokens closest to the expected surprise that together
 *     reach this probability; 1 is off
 * @param presencePenalty -10 to 10, subtracted from the logit of every token drawn before
 * @param frequencyPenalty -10 to 10, subtracted once more for each (decayed) time that it was drawn
 * @param penaltyDecay 0 to 1: what is left of the count of earlier draws after each token
 * @param logitBias token to -100 to 100, added to its logit
 */
public record SamplingParameters(
    float temperature,
    float topP,
    int topK,
    float minP,
    float typicalP,
    float presencePenalty,
    float frequencyPenalty,
    float penaltyDecay,
    Map<Integer, Float> logitBias) {
  /** Entries that {@code logitBias} may have. */
  public static final int LOGIT_BIAS_MAX = 1024;

  /** Always the most probable token. */
  public static final SamplingParameters GREEDY =
      new SamplingParameters(0, 1, 0, 0, 1, 0, 0, 1, Map.of());

  /** Plain sampling from the model's distribution. */
  public static final SamplingParameters PLAIN =
      new SamplingParameters(1, 1, 0, 0, 1, 0, 0, 1, Map.of());

  /** What the RWKV project recommends for its published models. */
  public static final SamplingParameters RWKV =
      new SamplingParameters(1, 0.3f, 0, 0, 1, 0.5f, 0.5f, 0.996f, Map.of());

  /**
   * Checks every range.
   *
   * @throws IllegalArgumentException naming the field and its range
   */
  public SamplingParameters {
    require(temperature, 0, 10, "temperature");
    require(topP, 0, 1, "top_p");
    require(topK, 0, Integer.MAX_VALUE, "top_k");
    require(minP, 0, 1, "min_p");
    require(typicalP, Float.MIN_VALUE, 1, "typical_p");
    require(presencePenalty, -10, 10, "presence_penalty");
    require(frequencyPenalty, -10, 10, "frequency_penalty");
    require(penaltyDecay, 0, 1, "penalty_decay");
    logitBias = Map.copyOf(logitBias);
    if (logitBias.size() > LOGIT_BIAS_MAX) {
      throw new IllegalArgumentException("logit_bias must have at most 1024 entries");
    }
    for (Map.Entry<Integer, Float> bias : logitBias.entrySet()) {
      require(bias.getKey(), 0, Integer.MAX_VALUE, "logit_bias token");
      require(bias.getValue(), -100, 100, "logit_bias");
    }
  }

  private static void require(float value, float least, float most, String field) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          field
              + " must be "
              + (most == (float) Integer.MAX_VALUE ? "0 or more" : range(least, most))
              + ", not "
              + value);
    }
  }

  private static String range(float least, float most) {
    return (least == Float.MIN_VALUE ? "above 0" : "from " + (int) least) + " to " + (int) most;
  }

  /** Whether the most probable token is always taken. */
  public boolean greedy() {
    return temperature == 0;
  }

  /** Whether earlier draws change the logits. */
  public boolean penalizes() {
    return presencePenalty != 0 || frequencyPenalty != 0;
  }

  /** Whether some tokens can never be drawn. */
  boolean cuts() {
    return topP < 1 || topK > 0 || minP > 0 || typicalP < 1;
  }

  public SamplingParameters withTemperature(float value) {
    return new SamplingParameters(
        value,
        topP,
        topK,
        minP,
        typicalP,
        presencePenalty,
        frequencyPenalty,
        penaltyDecay,
        logitBias);
  }

  public SamplingParameters withTopP(float value) {
    return new SamplingParameters(
        temperature,
        value,
        topK,
        minP,
        typicalP,
        presencePenalty,
        frequencyPenalty,
        penaltyDecay,
        logitBias);
  }

  public SamplingParameters withTopK(int value) {
    return new SamplingParameters(
        temperature,
        topP,
        value,
        minP,
        typicalP,
        presencePenalty,
        frequencyPenalty,
        penaltyDecay,
        logitBias);
  }

  public SamplingParameters withMinP(float value) {
    return new SamplingParameters(
        temperature,
        topP,
        topK,
        value,
        typicalP,
        presencePenalty,
        frequencyPenalty,
        penaltyDecay,
        logitBias);
  }

  public SamplingParameters withTypicalP(float value) {
    return new SamplingParameters(
        temperature,
        topP,
        topK,
        minP,
        value,
        presencePenalty,
        frequencyPenalty,
        penaltyDecay,
        logitBias);
  }

  public SamplingParameters withPresencePenalty(float value) {
    return new SamplingParameters(
        temperature, topP, topK, minP, typicalP, value, frequencyPenalty, penaltyDecay, logitBias);
  }

  public SamplingParameters withFrequencyPenalty(float value) {
    return new SamplingParameters(
        temperature, topP, topK, minP, typicalP, presencePenalty, value, penaltyDecay, logitBias);
  }

  public SamplingParameters withPenaltyDecay(float value) {
    return new SamplingParameters(
        temperature,
        topP,
        topK,
        minP,
        typicalP,
        presencePenalty,
        frequencyPenalty,
        value,
        logitBias);
  }

  public SamplingParameters withLogitBias(Map<Integer, Float> value) {
    return new SamplingParameters(
        temperature,
        topP,
        topK,
        minP,
        typicalP,
        presencePenalty,
        frequencyPenalty,
        penaltyDecay,
        value);
  }
}
