package dev.skein.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.bench.AttentionCosts;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.Shell;
import dev.skein.model.Architecture;
import dev.skein.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LongContextCommandTest {
  private static final String DEMO =
      "--model=" + Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m");

  @TempDir Path scratch;

  @Test
  void everyContextIsALineAndAPointOfThePlot() throws Exception {
    Path svg = scratch.resolve("plot.svg");
    Shell.Result result =
        Shell.run(
                new BenchCommand(),
                "longcontext",
                DEMO,
                "--tokens=200,50",
                "--drawn=4",
                "--runs=3",
                "--warm-up=0",
                "--svg=" + svg,
                "--json")
            .ok();
    List<String> lines = result.out().lines().toList();
    assertThat(lines).hasSize(2);
    JsonNode first = Json.MAPPER.readTree(lines.getFirst());
    JsonNode second = Json.MAPPER.readTree(lines.getLast());
    assertThat(first.path("context").intValue()).isEqualTo(50);
    assertThat(second.path("context").intValue()).isEqualTo(200);
    assertThat(second.path("state_bytes")).isEqualTo(first.path("state_bytes"));
    assertThat(second.path("tokens_sha256")).isNotEqualTo(first.path("tokens_sha256"));
    assertThat(first.path("ms_per_token_median").doubleValue())
        .isBetween(
            first.path("ms_per_token_min").doubleValue(),
            first.path("ms_per_token_max").doubleValue());
    assertThat(first.path("rss_mb").intValue()).isPositive();
    assertThat(second.at("/computed_for_full_attention/kv_bytes").longValue())
        .isEqualTo(4 * first.at("/computed_for_full_attention/kv_bytes").longValue());
    String picture = Files.readString(svg);
    assertThat(DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.toFile()))
        .isNotNull();
    assertThat(picture).contains("computed, not measured").contains("the state is larger");
  }

  @Test
  void theComputedCostsAreThoseOfTheDimensions() {
    AttentionCosts costs =
        new AttentionCosts(new ModelConfig(Architecture.V7, 12, 768, 64, 12, 3072, 65536, 64e-5f));
    assertThat(costs.stateBytes()).isEqualTo(4L * 66 * 768 * 12);
    assertThat(costs.keyValueBytes(1000)).isEqualTo(1000.0 * 2 * 2 * 768 * 12);
    assertThat(costs.bytesCrossover()).isCloseTo(66, within(1e-9));
    assertThat(costs.operationsCrossover()).isCloseTo(160, within(1e-9));
    assertThat(costs.ratio(160)).isCloseTo(1, within(1e-9));
    assertThat(costs.ratio(costs.doubled())).isCloseTo(2, within(1e-9));
    assertThat(costs.matrices()).isEqualTo(12.0 * 12 * 768 * 768 + 768.0 * 65536);
  }

  @Test
  void lengthsWithoutSenseAreWrongUsage() throws IOException {
    for (String tokens : List.of("1", "ten", "1g", "0", "999999999m")) {
      Shell.Result result =
          Shell.run(new BenchCommand(), "longcontext", DEMO, "--tokens=" + tokens);
      assertThat(result.exit()).as(tokens).isEqualTo(2);
    }
  }
}
