package dev.skein.engine;

/** Why a generation ended. */
public enum FinishReason {
  /** A stop string, a stop token or the model's end-of-text token was drawn. */
  STOP,
  /** The token limit was reached; also the end of a generation that only feeds. */
  LENGTH,
  /** Someone asked for the end, or the engine was closed. */
  CANCELLED,
  /** This generation failed; the others of the engine went on. */
  ERROR
}
