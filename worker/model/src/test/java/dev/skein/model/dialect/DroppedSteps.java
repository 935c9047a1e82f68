package dev.skein.model.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import org.jspecify.annotations.Nullable;

/**
 * The mutation test of a dialect: drops every step of every rule in turn, and every rule, and
 * demands that the result is another model or none.
 */
final class DroppedSteps {
  private DroppedSteps() {}

  /**
   * Asserts that {@code source} in that dialect is {@code expected}, and is not if anything of the
   * dialect is missing.
   *
   * @return how many steps were dropped
   */
  static int areMissed(Dialect dialect, ModelFile source, ModelFile expected) {
    assertThat(difference(dialect, source, expected)).isNull();
    int dropped = 0;
    for (int i = 0; i < dialect.rules().size(); i++) {
      Rule rule = dialect.rules().get(i);
      if (!applies(rule, source)) {
        continue;
      }
      Rule gone = Rule.of("nothing", "nothing");
      assertThat(difference(dialect.with(i, gone), source, expected)).as(rule.target()).isNotNull();
      for (int step = 0; step < rule.steps().size(); step++) {
        assertThat(difference(dialect.with(i, rule.without(step)), source, expected))
            .as("%s without step %d", rule.target(), step)
            .isNotNull();
        dropped++;
      }
    }
    return dropped;
  }

  private static boolean applies(Rule rule, ModelFile source) {
    return source.names().stream()
        .anyMatch(name -> name.equals(rule.source()) || general(name).equals(rule.source()));
  }

  private static String general(String name) {
    return name.replaceFirst("(?<=\\.)[0-9]+(?=\\.)", "{i}");
  }

  private static @Nullable String difference(
      Dialect dialect, ModelFile source, ModelFile expected) {
    try {
      return TensorMap.difference(dialect.translate(source), expected);
    } catch (ModelFormatException e) {
      return e.getMessage();
    }
  }
}
