package dev.skein.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;

/** What every refusal of a file looks like. */
public final class Refusals {
  private Refusals() {}

  /** Asserts that the file is refused when it is opened, with a sentence like any other. */
  public static void assertRefused(Path file) {
    assertThatThrownBy(() -> ModelFile.open(file).close())
        .as(file.toString())
        .isInstanceOfSatisfying(ModelFormatException.class, e -> assertClean(file, e));
  }

  /** Asserts that a refusal is one line: "file: fault; mend". */
  public static void assertClean(Path file, ModelFormatException refusal) {
    assertThat(refusal.getMessage())
        .startsWith(file.toString())
        .contains("; ")
        .hasSizeLessThan(600)
        .doesNotContain("\n");
  }
}
