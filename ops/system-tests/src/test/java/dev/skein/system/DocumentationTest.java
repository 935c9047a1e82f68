package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs what the documentation tells its readers to type: every fenced {@code sh} block of README
 * and HACKING, in the root of the checkout, with the ports of a running {@code skein up} in place
 * of the usual ones. A block that is not run stands in a list below with its reason.
 */
@ExtendWith(SharedUp.class)
class DocumentationTest {
  private static final List<String> PAGES =
      List.of(
          "README.md",
          "HACKING.md",
          "ops/docs/clients.md",
          "ops/docs/constraints.md",
          "ops/docs/getting-models.md",
          "ops/docs/java-client.md",
          "ops/docs/models.md",
          "ops/docs/operators.md",
          "ops/docs/uses.md");
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Pattern FENCED =
      Pattern.compile("^```sh\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)(?:#[^)]*)?\\)");

  /** First line of a block, and why it is not run here. */
  private static final Map<String, String> NOT_RUN =
      Map.of(
          "mvn -q -B -ntp -Dquick -DskipTests -pl proto,router/client -am install",
          "a Maven in the folders of the one that runs this test",
          "./skein test",
          "this very test is a part of it",
          "./skein test full",
          "it follows on this test",
          "./skein up",
          "stays up; every system test starts it",
          "./skein chat",
          "waits for somebody to type; ChatTest drives it through a pipe",
          "./skein chat --model g1:0.4b",
          "fetches a model from the public hub",
          "./skein build",
          "would remove the application under the running tests; LauncherTest builds",
          "./skein format",
          "would change the sources under test",
          "mvn -q -B -ntp -Dquick -pl proto -am test -Dtest=ShardsTest -Dsurefire.failIfNoSpecifiedTests=false",
          "a second Maven in the folders of the one that runs this test");

  record Block(String page, String text) {
    String firstLine() {
      return text.lines().findFirst().orElse("");
    }

    @Override
    public String toString() {
      return page + ": " + firstLine();
    }
  }

  static Stream<Block> blocks() {
    return PAGES.stream()
        .flatMap(page ->
            FENCED
                .matcher(Checkout.read(Path.of(page)))
                .results()
                .map(m -> new Block(page, m.group(1).strip())));
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void isRunOrExcused(Block block, UpProcess up) {
    if (NOT_RUN.containsKey(block.firstLine())) {
      return;
    }
    for (String tool : List.of("kcat", "curl")) {
      Assumptions.assumeTrue(
          !block.text().contains(tool + " ") || installed(tool),
          tool + " is not installed (Debian: apt install " + tool + ")");
    }
    String script =
        block
            .text()
            .replace("http://localhost:8080", up.api().replace("/v1", ""))
            .replace("localhost:9092", up.kafka())
            .replace("http://localhost:9464", up.ops());
    ProcessBuilder shell = new ProcessBuilder("sh", "-e", "-c", script);
    shell.directory(Checkout.root().toFile());
    shell.environment().put("SKEIN_BUILD", "never");
    SkeinCommand.Result result = SkeinCommand.run(PATIENCE, shell);
    assertThat(result.exitCode()).as("%s%n%s%n%s", script, result.out(), result.err()).isZero();
  }

  private static boolean installed(String tool) {
    ProcessBuilder which = new ProcessBuilder("sh", "-c", "command -v " + tool);
    return SkeinCommand.run(PATIENCE, which).exitCode() == 0;
  }

  @Test
  void nothingIsExcusedThatIsNotThere() {
    Set<String> excuses = new TreeSet<>(NOT_RUN.keySet());
    blocks().forEach(block -> excuses.remove(block.firstLine()));
    assertThat(excuses).isEmpty();
  }

  @Test
  void linksLeadSomewhere() {
    List<String> broken = new ArrayList<>();
    for (Path page : Checkout.files().stream().filter(f -> f.toString().endsWith(".md")).toList()) {
      Matcher links = LINK.matcher(Checkout.read(page));
      Path folder = Checkout.root().resolve(page).getParent();
      links
          .results()
          .map(m -> m.group(1))
          .filter(link -> folder == null || !Files.exists(folder.resolve(link)))
          .forEach(link -> broken.add(page + " -> " + link));
    }
    assertThat(broken).isEmpty();
  }
}
