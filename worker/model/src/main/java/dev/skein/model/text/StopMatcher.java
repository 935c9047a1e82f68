package dev.skein.model.text;

/**
 * Looks for one stop string in a stream of bytes (Knuth, Morris and Pratt): constant memory, no
 * byte seen twice.
 */
final class StopMatcher {
  private final byte[] stop;
  private final int[] fallback;
  private int matched;

  StopMatcher(byte[] stop) {
    if (stop.length == 0) {
      throw new IllegalArgumentException("stop holds an empty string");
    }
    if (stop.length > TextAssembler.STOP_BYTES_MAX) {
      throw new IllegalArgumentException(
          "stop holds a string of more than " + TextAssembler.STOP_BYTES_MAX + " bytes");
    }
    this.stop = stop;
    this.fallback = new int[stop.length];
    for (int i = 1, length = 0; i < stop.length; i++) {
      while (length > 0 && stop[i] != stop[length]) {
        length = fallback[length - 1];
      }
      if (stop[i] == stop[length]) {
        length++;
      }
      fallback[i] = length;
    }
  }

  /**
   * Takes the next byte; true if it completes the stop string. Not to be called again after that.
   */
  boolean accept(byte b) {
    while (matched > 0 && b != stop[matched]) {
      matched = fallback[matched - 1];
    }
    if (b == stop[matched]) {
      matched++;
    }
    return matched == stop.length;
  }

  /** How many of the last bytes may be the beginning of the stop string. */
  int begun() {
    return matched;
  }

  int length() {
    return stop.length;
  }
}
