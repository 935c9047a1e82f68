package dev.skein.simulation;

/** Something that Skein promises does not hold. */
public final class BrokenPromise extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What was seen, in a sentence. */
  BrokenPromise(String sentence) {
    super(sentence);
  }

  static void unless(boolean holds, String format, Object... parts) {
    if (!holds) {
      throw new BrokenPromise(format.formatted(parts));
    }
  }
}
