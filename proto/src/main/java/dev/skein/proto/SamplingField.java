package dev.skein.proto;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * A real-valued field of {@link Sampling}: its JSON name, its bounds (inclusive), how it is read
 * and set. One list for the reader, the writer and the rules.
 */
record SamplingField(
    String name,
    float min,
    float max,
    Predicate<SamplingOrBuilder> present,
    ToDoubleFunction<SamplingOrBuilder> value,
    BiConsumer<Sampling.Builder, Float> setter) {

  static final List<SamplingField> REALS =
      List.of(
          new SamplingField(
              "temperature",
              0,
              10,
              SamplingOrBuilder::hasTemperature,
              SamplingOrBuilder::getTemperature,
              Sampling.Builder::setTemperature),
          new SamplingField(
              "top_p",
              0,
              1,
              SamplingOrBuilder::hasTopP,
              SamplingOrBuilder::getTopP,
              Sampling.Builder::setTopP),
          new SamplingField(
              "min_p",
              0,
              1,
              SamplingOrBuilder::hasMinP,
              SamplingOrBuilder::getMinP,
              Sampling.Builder::setMinP),
          new SamplingField(
              "typical_p",
              Float.MIN_VALUE,
              1,
              SamplingOrBuilder::hasTypicalP,
              SamplingOrBuilder::getTypicalP,
              Sampling.Builder::setTypicalP),
          new SamplingField(
              "presence_penalty",
              -10,
              10,
              SamplingOrBuilder::hasPresencePenalty,
              SamplingOrBuilder::getPresencePenalty,
              Sampling.Builder::setPresencePenalty),
          new SamplingField(
              "frequency_penalty",
              -10,
              10,
              SamplingOrBuilder::hasFrequencyPenalty,
              SamplingOrBuilder::getFrequencyPenalty,
              Sampling.Builder::setFrequencyPenalty),
          new SamplingField(
              "penalty_decay",
              0,
              1,
              SamplingOrBuilder::hasPenaltyDecay,
              SamplingOrBuilder::getPenaltyDecay,
              Sampling.Builder::setPenaltyDecay));

  void set(Sampling.Builder sampling, float real) {
    setter.accept(sampling, real);
  }

  float get(SamplingOrBuilder sampling) {
    return (float) value.applyAsDouble(sampling);
  }
}
