package dev.skein.cli.uses;

import java.util.List;

/** One line of an evaluation file, as token ids. */
sealed interface Example {
  /** Number of its line in the file, from 1. */
  int line();

  /**
   * A context and answers of which one is right.
   *
   * @param sizes what the score of each answer is divided by for the normalised choice: its bytes,
   *     or its tokens where it was given as ids
   * @param answer number of the right one
   */
  record Choice(int line, int[] context, List<int[]> answers, List<Integer> sizes, int answer)
      implements Example {}

  /** A context and the words that should follow. */
  record Target(int line, int[] context, int[] target) implements Example {}
}
