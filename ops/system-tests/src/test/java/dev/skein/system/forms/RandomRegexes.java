package dev.skein.system.forms;

import java.util.List;
import java.util.SplittableRandom;

/** Regular expressions by chance, which mean the same here and in the JDK. */
final class RandomRegexes {
  private static final List<String> CHARACTERS =
      List.of("[a-z]", "[A-Z0-9_]", " ", "[^\\n]", "\\.", "[0-9]", "雁", "[ a-c]");
  private static final List<String> WORDS = List.of("(yes)", "(no)", "(é|ü)", "(\\{\\})");
  private static final List<String> COUNTS = List.of("", "?", "*", "+", "{2}", "{1,4}", "{3,}");

  /** Of groups: the JDK's matcher goes one call deeper with every repetition. */
  private static final List<String> FEW = List.of("", "", "?", "{2}", "{1,4}");

  private final SplittableRandom random;

  private RandomRegexes(long seed) {
    this.random = new SplittableRandom(seed);
  }

  static String of(long seed) {
    return new RandomRegexes(seed).alternatives(2);
  }

  private String alternatives(int depth) {
    StringBuilder regex = new StringBuilder(sequence(depth));
    for (int more = random.nextInt(3); more > 1; more--) {
      regex.append('|').append(sequence(depth));
    }
    return regex.toString();
  }

  private String sequence(int depth) {
    StringBuilder regex = new StringBuilder();
    for (int parts = 1 + random.nextInt(4); parts > 0; parts--) {
      if (random.nextInt(3) > 0) {
        regex.append(one(CHARACTERS)).append(one(COUNTS));
      } else {
        String group = depth > 0 ? "(" + alternatives(depth - 1) + ")" : one(WORDS);
        regex.append(group).append(one(FEW));
      }
    }
    return regex.toString();
  }

  private String one(List<String> of) {
    return of.get(random.nextInt(of.size()));
  }
}
