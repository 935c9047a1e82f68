package dev.skein.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.bench.Workload;
import dev.skein.cli.engine.GenerateCommand;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.Shell;
import dev.skein.model.sampling.SamplingParameters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchCommandTest {
  private static final String DEMO =
      Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m").toString();

  @Test
  void decodeTellsItsFigureAndItsTokensAreThoseOfGenerate() throws Exception {
    JsonNode line =
        Shell.run(
                new BenchCommand(),
                "decode",
                "--model=" + DEMO,
                "--quant=q8",
                "--sessions=3",
                "--tokens=5",
                "--runs=2",
                "--warm-up=0",
                "--roofline",
                "--json")
            .ok()
            .json();
    assertThat(line.path("bench").asText()).isEqualTo("decode");
    assertThat(line.path("sessions").asInt()).isEqualTo(3);
    assertThat(line.path("verified_sessions").asInt()).isEqualTo(3);
    assertThat(line.at("/roofline/bytes_per_step")).isEqualTo(line.path("bytes_per_step"));
    assertThat(line.at("/roofline/reached_percent").doubleValue()).isPositive();
    assertThat(line.path("commit").asText()).isNotEmpty();
    assertThat(line.path("machine").asText()).contains("Java");
    assertThat(line.path("peak_rss_mb").asLong()).isPositive();
    double median = line.path("tok_s_median").doubleValue();
    assertThat(median)
        .isBetween(line.path("tok_s_min").doubleValue(), line.path("tok_s_max").doubleValue());
    assertThat(digest(generated(line)))
        .isEqualTo(line.path("session0").path("tokens_sha256").asText());
  }

  @TempDir Path scratch;

  /** Session 0 as a user would reproduce it, from what the line says. */
  private static JsonNode generated(JsonNode line) throws IOException {
    int[] prompt = new int[line.path("session0").path("prompt").size()];
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = line.path("session0").path("prompt").get(i).intValue();
    }
    return Shell.run(
            new GenerateCommand(),
            List.of(
                "--model=" + DEMO,
                "--quant=q8",
                "--tokens=" + Shell.ids(prompt),
                "--seed=" + line.path("session0").path("seed").asLong(),
                "--temperature=" + line.path("temperature").asText(),
                "--top-p=" + line.path("top_p").asText(),
                "--max-tokens=" + line.path("tokens").asInt(),
                "--ignore-end-of-text",
                "--json"))
        .ok()
        .json()
        .path("tokens");
  }

  private static String digest(JsonNode tokens) throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate(4 * tokens.size()).order(ByteOrder.LITTLE_ENDIAN);
    tokens.forEach(t -> bytes.putInt(t.intValue()));
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
  }

  @Test
  void prefillCountsThePrompts() throws IOException {
    JsonNode line =
        Shell.run(
                new BenchCommand(),
                "prefill",
                "--model=" + DEMO,
                "--sessions=2",
                "--tokens=40",
                "--step-tokens=16",
                "--runs=1",
                "--warm-up=0",
                "--verify",
                "--json")
            .ok()
            .json();
    assertThat(line.path("bench").asText()).isEqualTo("prefill");
    assertThat(line.path("prompt_tokens").asInt()).isEqualTo(40);
    assertThat(line.path("tok_s_median").doubleValue()).isPositive();
  }

  @Test
  void endToEndComparesTheEngineWithTheBusAndCountsSnapshots() throws IOException {
    List<String> lines =
        Shell.run(
                new BenchCommand(),
                "e2e",
                "--model=" + DEMO,
                "--sessions=2",
                "--first-tokens=2",
                "--runs=1",
                "--warm-up=0",
                "--json")
            .ok()
            .out()
            .lines()
            .toList();
    assertThat(lines).hasSize(4);
    JsonNode engine = Json.MAPPER.readTree(lines.get(0));
    JsonNode kafka = Json.MAPPER.readTree(lines.get(1));
    JsonNode lasting = Json.MAPPER.readTree(lines.get(2));
    JsonNode first = Json.MAPPER.readTree(lines.get(3));
    assertThat(engine.path("way").asText()).isEqualTo("engine");
    assertThat(kafka.path("tokens_sha256")).isEqualTo(engine.path("tokens_sha256"));
    assertThat(kafka.path("percent_of_engine").doubleValue()).isPositive();
    assertThat(lasting.path("snapshots").asInt()).isPositive();
    assertThat(lasting.path("snapshot_bytes").asLong()).isPositive();
    assertThat(first.path("kafka_ms_p50").doubleValue()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--runs=0", "--sessions=0", "--first-tokens=0", "--verify", "--roofline"})
  void endToEndRefusesAtOnceWhatItCannotMeasure(String option) {
    Shell.Result refused = Shell.run(new BenchCommand(), "e2e", "--model=nowhere", option);
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.err()).contains(option.split("=", 2)[0]).doesNotContain("nowhere");
  }

  @Test
  void aWorkloadIsTheSameEveryTimeAndDifferentForEachSession() {
    Workload workload = new Workload(4, 16, 8, 1, SamplingParameters.GREEDY);
    assertThat(workload.generation(0, 100).prompt())
        .isEqualTo(workload.generation(0, 100).prompt())
        .isNotEqualTo(workload.generation(1, 100).prompt());
    assertThat(workload.generation(2, 100).seed()).isEqualTo(3);
  }

  @Test
  void aSweepDoublesTheSessionsAndDrawsThem() throws IOException {
    Path svg = scratch.resolve("sweep.svg");
    List<String> lines =
        Shell.run(
                new BenchCommand(),
                "sweep",
                "--model=" + DEMO,
                "--sessions=4",
                "--tokens=3",
                "--runs=1",
                "--warm-up=0",
                "--svg=" + svg,
                "--json")
            .ok()
            .out()
            .lines()
            .toList();
    assertThat(lines).hasSize(3);
    assertThat(Json.MAPPER.readTree(lines.getLast()).path("sessions").asInt()).isEqualTo(4);
    assertThat(svg).content().contains("skein-demo-9m", "4</text>");
  }

  @Test
  void aMixedLoadIsFourLines() throws IOException {
    List<String> lines =
        Shell.run(
                new BenchCommand(),
                "mixed",
                "--model=" + DEMO,
                "--sessions=2",
                "--seconds=0.5",
                "--tokens=4",
                "--runs=1",
                "--warm-up=0",
                "--json")
            .ok()
            .out()
            .lines()
            .toList();
    assertThat(lines).hasSize(4);
    JsonNode full = Json.MAPPER.readTree(lines.get(1));
    assertThat(full.path("load").asText()).isEqualTo("full");
    assertThat(full.path("percent_of_steady").asDouble()).isPositive();
    assertThat(full.path("tokens_sha256").asText()).hasSize(64);
    assertThat(Json.MAPPER.readTree(lines.get(3)).path("load").asText()).isEqualTo("prompts");
  }

  @Test
  void aPeerThatCannotBeComparedIsRefusedBeforeAnythingRuns() {
    String[] of = {"decode", "--model=" + DEMO, "--compare=llama.cpp"};
    assertThat(Shell.run(new BenchCommand(), of).err()).contains("--compare needs a --shape");
    assertThat(Shell.run(new BenchCommand(), "decode", "--compare=vllm").err())
        .contains("unknown peer 'vllm': use llama.cpp");
    String nowhere = "--peer=" + scratch.resolve("nowhere");
    assertThat(
            Shell.run(
                    new BenchCommand(),
                    "decode",
                    "--shape=rwkv7-0.1b",
                    "--compare=llama.cpp",
                    nowhere)
                .err())
        .contains("llama.cpp is not in")
        .contains("ops/bench/llama.cpp/fetch");
  }

  @Test
  void itMustBeSaidWhichBench() {
    assertThat(Shell.run(new BenchCommand()).exit()).isEqualTo(2);
    assertThat(Shell.run(new BenchCommand(), "decode", "--sessions=0").exit()).isNotZero();
  }

  @Test
  void qualityComparesWithFp32() throws IOException {
    JsonNode line =
        Shell.run(new BenchCommand(), "quality", "--quant", "int8", "--json").ok().json();
    assertThat(line.path("tokens").asInt()).isGreaterThanOrEqualTo(2000);
    assertThat(line.path("top1_agreement").asDouble()).isGreaterThanOrEqualTo(0.99);
    assertThat(line.path("kl").asDouble()).isLessThanOrEqualTo(1e-3);
  }
}
