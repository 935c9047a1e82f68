package dev.skein.bench.lookup;

/** Finds what followed the last words of a text when they stood in it before. */
final class PromptLookup {
  private static final int LONGEST = 3;
  private static final int SHORTEST = 2;

  private PromptLookup() {}

  /**
   * Where the draft begins: behind the newest earlier place of the last three tokens, or else of
   * the last two; -1 if they are new.
   *
   * @param ids a text, of which the first {@code length} tokens are known
   */
  static int find(int[] ids, int length) {
    for (int n = Math.min(LONGEST, length - 1); n >= SHORTEST; n--) {
      for (int end = length - 1; end >= n; end--) {
        if (same(ids, end - n, length - n, n)) {
          return end;
        }
      }
    }
    return -1;
  }

  private static boolean same(int[] ids, int a, int b, int n) {
    for (int i = 0; i < n; i++) {
      if (ids[a + i] != ids[b + i]) {
        return false;
      }
    }
    return true;
  }
}
