package dev.skein.engine;

/**
 * Sees every step of an engine, for metrics. Called on the engine's thread; must return at once and
 * not throw.
 */
@FunctionalInterface
public interface EngineObserver {
  /** Sees nothing. */
  EngineObserver NONE = (report, nanos) -> {};

  /** A step is done. */
  void stepped(StepReport report, long nanos);
}
