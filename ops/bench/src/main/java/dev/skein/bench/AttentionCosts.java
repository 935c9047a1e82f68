package dev.skein.bench;

import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;

/**
 * What a token costs here and what it would cost a full-attention model of the same layers and
 * width. Nothing here is measured: it is arithmetic on the dimensions. Operations are
 * multiply-adds.
 *
 * <p>Both models have the same large matrices (four of [C, C] and two of [C, F] a layer, and the
 * head). Attention adds, in every layer, a dot product of C with each of n keys and a sum of n
 * values: {@code 2 C n}; it keeps a key and a value of C a token and layer, in 16 bits. The
 * recurrence adds a fixed number a channel: of RWKV-7 {@code 5 N} (S kk, three terms of the new S,
 * S r), of RWKV-5 and 6 {@code 4 N}, of RWKV-4 about 10; it keeps its state in 32 bits.
 */
public record AttentionCosts(ModelConfig config) {
  private static final int KEY_AND_VALUE_BYTES = 2 * Short.BYTES;

  /** Multiply-adds of a token in the large matrices, of either model. */
  public double matrices() {
    double c = config.width();
    double layer = 4 * c * c + 2 * c * config.ffnWidth();
    return config.layers() * layer + c * config.vocabulary();
  }

  /** Multiply-adds of a token in the recurrence, whatever was read. */
  public double recurrence() {
    double channels = (double) config.layers() * config.width();
    return channels
        * switch (config.architecture()) {
          case V4 -> 10;
          case V5_0, V5_1, V5_2, V6 -> 4 * config.headSize();
          case V7 -> 5 * config.headSize();
        };
  }

  /** Multiply-adds of a token in the attention over {@code context} tokens. */
  public double attention(double context) {
    return 2.0 * config.layers() * config.width() * context;
  }

  /** How many times the work of a token here a token would be with attention. */
  public double ratio(double context) {
    return (matrices() + attention(context)) / (matrices() + recurrence());
  }

  /** Bytes that a session keeps here. */
  public long stateBytes() {
    return StateLayout.of(config).bytes();
  }

  /** Bytes of keys and values that a session would keep. */
  public double keyValueBytes(double context) {
    return (double) KEY_AND_VALUE_BYTES * config.layers() * config.width() * context;
  }

  /** Up to so many tokens the keys and values are smaller than the state. */
  public double bytesCrossover() {
    return (double) stateBytes() / keyValueBytes(1);
  }

  /** Up to so many tokens attention is less work than the recurrence. */
  public double operationsCrossover() {
    return recurrence() / attention(1);
  }

  /** At so many tokens, a token with attention is twice the work of one here. */
  public double doubled() {
    return (matrices() + 2 * recurrence()) / attention(1);
  }
}
