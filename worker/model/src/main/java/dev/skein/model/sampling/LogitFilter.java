package dev.skein.model.sampling;

/** Forbids tokens before one is drawn. */
public interface LogitFilter {
  /** Sets the logits of forbidden tokens to negative infinity; leaves at least one. */
  void apply(float[] logits);
}
