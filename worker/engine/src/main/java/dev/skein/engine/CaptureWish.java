package dev.skein.engine;

/** When a sequence's {@link Midpoint} is wanted. */
final class CaptureWish {

  /** How things stand with it. */
  enum Due {
    NOT_YET,
    /** Soon: some steps later does as well. */
    SOON,
    /** Somebody waits for it. */
    AT_ONCE
  }

  private long at = Long.MAX_VALUE;
  private Due due = Due.SOON;

  /** So many tokens after those that are fed; 0 means at once. */
  void after(int fed, int tokens) {
    at = Math.addExact((long) fed, tokens);
    due = tokens == 0 ? Due.AT_ONCE : Due.SOON;
  }

  Due due(int fed) {
    return at <= fed ? due : Due.NOT_YET;
  }

  /** Until the next word. */
  void fulfilled() {
    at = Long.MAX_VALUE;
  }
}
