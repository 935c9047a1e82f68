package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The npm client {@code openai} at its default settings; what it asserts stands in {@code
 * src/test/node/openai.cjs}.
 */
@ExtendWith(SharedUp.class)
class NpmClientTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Path TESTS = Checkout.root().resolve("ops/system-tests");

  @Test
  void thePublishedClientGetsWhatItExpects(UpProcess up) {
    Path modules = TESTS.resolve("target/node/node_modules");
    Assumptions.assumeTrue(
        Files.isDirectory(modules.resolve("openai")),
        "the npm client openai is not installed: .ci/install does it where there is npm");
    ProcessBuilder node =
        new ProcessBuilder("node", TESTS.resolve("src/test/node/openai.cjs").toString(), up.api());
    node.environment().put("NODE_PATH", modules.toString());
    SkeinCommand.Result result = SkeinCommand.run(PATIENCE, node);
    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    List<String> lines = result.out().lines().toList();
    assertThat(lines.stream().filter(line -> line.startsWith("ok ")))
        .containsExactly(
            "ok models",
            "ok chat",
            "ok streaming",
            "ok stops",
            "ok choices",
            "ok logprobs",
            "ok biases",
            "ok completions",
            "ok embeddings",
            "ok session",
            "ok structured",
            "ok tools",
            "ok responses",
            "ok errors",
            "ok retry");
  }
}
