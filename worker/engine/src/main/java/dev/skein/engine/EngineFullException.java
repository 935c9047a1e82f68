package dev.skein.engine;

/** The engine's waiting queue is full: try again later, or elsewhere. */
public final class EngineFullException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A refusal that names the limit. */
  public EngineFullException(int limit) {
    super("the engine is full: " + limit + " generations wait already");
  }
}
