package dev.skein.bench;

import dev.skein.model.Rwkv;
import dev.skein.model.text.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The model that a bench runs.
 *
 * @param name of the model, or the shape
 * @param rwkv the weights
 * @param tokenizer makes the texts that serving makes; null if the model has none
 * @param threads of its kernels
 */
public record Subject(String name, Rwkv rwkv, @Nullable Tokenizer tokenizer, int threads) {

  /** Bytes of one session's state. */
  public long stateBytes() {
    return rwkv.stateLayout().bytes();
  }
}
