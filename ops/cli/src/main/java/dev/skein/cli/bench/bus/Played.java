package dev.skein.cli.bench.bus;

import dev.skein.bench.Recording;
import java.util.Arrays;
import java.util.List;

/**
 * One run of all sessions of a workload, by whatever way.
 *
 * @param tokens that each session drew
 * @param nanos from the first token that was seen to the last one
 */
public record Played(List<int[]> tokens, long nanos) {

  /** Tokens a second of all sessions together. */
  public double tokensPerSecond() {
    long all = tokens.stream().mapToLong(ids -> ids.length).sum();
    return all * 1e9 / nanos;
  }

  /** SHA-256 over the tokens of all sessions, see {@link Recording#digest}. */
  public String digest() {
    return Recording.digest(tokens);
  }

  /** The first session that drew something else than in another run; -1 if none did. */
  public int firstDifference(Played other) {
    for (int i = 0; i < tokens.size(); i++) {
      if (!Arrays.equals(tokens.get(i), other.tokens.get(i))) {
        return i;
      }
    }
    return -1;
  }
}
