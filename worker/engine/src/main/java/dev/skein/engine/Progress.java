package dev.skein.engine;

import java.util.Arrays;

/**
 * How far a turn's draws have come, beside the recurrent state: with it a generation goes on in the
 * middle of a turn as if it had never stopped. Nothing here grows with the number of draws except
 * the table of distinct tokens.
 *
 * <p>Stop strings need nothing of their own: a stop string that has begun lies in the held bytes
 * whole, so a matcher that reads these again stands where it stood.
 *
 * @param drawn number of tokens drawn so far; the next draw has this index
 * @param unread the newest of them, those that the state has not read
 * @param penaltyTokens tokens of the penalty table, in the order of their first draw
 * @param penaltyCounts their decayed counts
 * @param held bytes of drawn tokens that were not shown: part of a character, or what may begin a
 *     stop string
 * @param grammar where the text stands in the generation's grammar; empty if it has none
 */
@SuppressWarnings("ArrayRecordComponent") // ids by the hundred; nobody compares them
public record Progress(
    int drawn,
    int[] unread,
    int[] penaltyTokens,
    float[] penaltyCounts,
    byte[] held,
    byte[] grammar) {

  /** Nothing was drawn. */
  public static final Progress NONE =
      new Progress(0, new int[0], new int[0], new float[0], new byte[0]);

  /** Progress of a generation without a grammar. */
  public Progress(
      int drawn, int[] unread, int[] penaltyTokens, float[] penaltyCounts, byte[] held) {
    this(drawn, unread, penaltyTokens, penaltyCounts, held, new byte[0]);
  }

  /** Copies and checks; {@link IllegalArgumentException} names what does not fit. */
  public Progress {
    unread = unread.clone();
    penaltyTokens = penaltyTokens.clone();
    penaltyCounts = penaltyCounts.clone();
    held = held.clone();
    grammar = grammar.clone();
    if (unread.length > drawn) {
      throw new IllegalArgumentException(
          "%d drawn tokens are unread, but only %d were drawn".formatted(unread.length, drawn));
    }
    if (penaltyTokens.length != penaltyCounts.length) {
      throw new IllegalArgumentException("a penalty table has a count for each token");
    }
  }

  /** Index of the oldest drawn token that this generation still knows. */
  int base() {
    return drawn - unread.length;
  }

  @Override
  public String toString() {
    return "Progress[drawn=%d, unread=%s]".formatted(drawn, Arrays.toString(unread));
  }
}
