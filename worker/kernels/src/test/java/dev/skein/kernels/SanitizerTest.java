package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The C kernels touch no byte that is not theirs and have the bits of plain loops in C. */
class SanitizerTest {
  private static final int CANNOT = 77;

  @Test
  void allProductsRunCleanUnderSanitizers(@TempDir Path folder) throws Exception {
    Process check;
    try {
      check =
          new ProcessBuilder("sh", "src/test/c/check.sh", folder.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      assumeTrue(false, "there is no shell: " + e.getMessage());
      throw e;
    }
    String says = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = check.waitFor();
    assumeTrue(code != CANNOT, says);
    assertThat(code).as(says).isZero();
    assertThat(says).contains("all products have the bits of plain loops");
  }
}
