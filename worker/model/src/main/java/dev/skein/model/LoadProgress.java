package dev.skein.model;

/** Is told how far the loading of a model has come, on the loading thread. */
@FunctionalInterface
public interface LoadProgress {
  /** Tells nobody. */
  LoadProgress NONE = (done, total) -> {};

  /**
   * @param done parameters read so far
   * @param total parameters in all
   */
  void loaded(long done, long total);
}
