package dev.skein.engine.prefix;

/**
 * One prompt on its way through a slot: what it need not read, and which states it leaves behind.
 */
public final class PrefixRun {
  private static final int NONE = -1;

  private final PrefixCache cache;
  private final PrefixChain chain;
  private final int promptTokens;
  private int next; // the first place that is not behind the slot
  private int suspect = NONE; // the place whose state is computed again
  private int cached;

  PrefixRun(PrefixCache cache, PrefixChain chain, int promptTokens) {
    this.cache = cache;
    this.chain = chain;
    this.promptTokens = promptTokens;
  }

  /**
   * Loads the state of the longest beginning that is known; returns how many tokens it has read.
   */
  public int begin(int slot) {
    cache.asked(promptTokens);
    for (int place = chain.size() - 1; place >= 0; place--) {
      if (cache.find(chain.key(place))) {
        if (cache.isSample()) {
          suspect = place;
          return 0;
        }
        cache.load(chain.key(place), slot);
        cached = chain.place(place);
        cache.saved(cached);
        next = place + 1;
        return cached;
      }
    }
    return 0;
  }

  /** Tokens that were not read because their state was known. */
  public int cachedTokens() {
    return cached;
  }

  /** A row from {@code fed} must not pass the next place whose state is needed. */
  public int cut(int fed, int to) {
    for (int place = next; place < chain.size() && chain.place(place) < to; place++) {
      if (chain.place(place) > fed && isWanted(place)) {
        return chain.place(place);
      }
    }
    return to;
  }

  private boolean isWanted(int place) {
    return place == suspect || !cache.has(chain.key(place));
  }

  /** The slot has read so many tokens. */
  public void reached(int fed, int slot) {
    while (next < chain.size() && chain.place(next) <= fed) {
      if (chain.place(next) == fed) {
        settle(next, slot);
      }
      next++;
    }
  }

  private void settle(int place, int slot) {
    if (place == suspect) {
      cache.verify(chain.key(place), slot);
    }
    if (!cache.has(chain.key(place))) {
      cache.keep(chain.key(place), slot);
    }
  }
}
