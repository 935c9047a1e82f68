package dev.skein.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.ThreadMXBean;
import dev.skein.model.file.TestFolders;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files made to harm: each is refused with one clean sentence, in little time and memory; none is
 * ever executed, and nothing is written.
 */
class HostileFilesTest {
  private static final long SECOND_NANOS = 1_000_000_000;
  private static final long HEAP_GROWTH_MAX = 64L << 20;
  private static final Path SLIPPED = Path.of("/tmp/skein-zip-slip");

  private record Case(Path file, String expect, String marker) {
    String name() {
      return String.valueOf(file.getFileName());
    }

    boolean permits(boolean loaded) {
      return expect.equals("load-or-reject") || expect.equals(loaded ? "load" : "reject");
    }
  }

  @TestFactory
  List<DynamicTest> bundled() throws IOException {
    return tests(cases(TestFolders.resources("hostile")));
  }

  @TestFactory
  List<DynamicTest> shared() throws IOException {
    List<Case> cases = cases(TestFolders.shared("hostile"));
    assertThat(cases).hasSizeGreaterThan(110);
    return tests(cases);
  }

  private static List<Case> cases(Path folder) throws IOException {
    List<Case> cases = new ArrayList<>();
    for (JsonNode entry : new ObjectMapper().readTree(folder.resolve("manifest.json").toFile())) {
      Path file = folder.resolve(entry.get("file").asText());
      if (Files.exists(file)) { // the project has a part of them, with the manifest of all
        cases.add(
            new Case(file, entry.get("expect").asText(), entry.path("marker").asText("/none")));
      }
    }
    return cases;
  }

  private static List<DynamicTest> tests(List<Case> cases) {
    return cases.stream().map(c -> DynamicTest.dynamicTest(c.name(), () -> check(c))).toList();
  }

  private static void check(Case c) throws IOException {
    List<String> before = listing(c.file);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long cpu = threads.getCurrentThreadCpuTime();
    long bytes = threads.getCurrentThreadAllocatedBytes();
    HostileRun.Outcome outcome = HostileRun.of(c.file);
    cpu = threads.getCurrentThreadCpuTime() - cpu;
    bytes = threads.getCurrentThreadAllocatedBytes() - bytes;
    assertThat(c.permits(outcome.loaded())).as("%s: %s", c.expect, outcome).isTrue();
    assertThat(listing(c.file)).isEqualTo(before);
    assertThat(Path.of(c.marker)).doesNotExist();
    assertThat(SLIPPED).doesNotExist();
    if (!outcome.loaded()) {
      assertClean(c, outcome.message());
      assertThat(cpu).as("CPU time").isLessThan(SECOND_NANOS);
      assertThat(bytes).as("allocated").isLessThan(HEAP_GROWTH_MAX + 2 * size(c.file));
    }
  }

  private static void assertClean(Case c, String message) {
    assertThat(message)
        .startsWith(c.file.toString())
        .contains("; ")
        .hasSizeLessThan(600)
        .doesNotContain("\n");
  }

  private static List<String> listing(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    try (Stream<Path> files = Files.walk(folder == null ? file : folder)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  private static long size(Path file) throws IOException {
    try (Stream<Path> files = Files.walk(file)) {
      return files.mapToLong(f -> f.toFile().length()).sum();
    }
  }

  /** All of them, one after the other, in a JVM that could not hold what some of them claim. */
  @Test
  void aSmallHeapIsEnough() throws Exception {
    List<Case> cases = cases(TestFolders.shared("hostile"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:MaxDirectMemorySize=64m",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                HostileRun.class.getName()));
    cases.forEach(c -> command.add(c.file.toString()));
    Process child =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    Map<String, String> ended = new TreeMap<>();
    new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> ended.put(line.split("\t")[0], line.split("\t")[1]));
    assertThat(child.waitFor()).isZero();
    for (Case c : cases) {
      String how = String.valueOf(ended.get(c.file.toString()));
      assertThat(how).as(c.name()).isIn("load", "reject");
      assertThat(c.permits(how.equals("load"))).as("%s: %s", c.name(), how).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "pth-pickle-os-system.pth, 'posix.system', which is refused",
        "pth-pickle-stackglobal.pth, 'builtins.exec', which is refused",
        "pth-pickle-huge-string.pth, a text of 1152921504606846976 bytes",
        "pth-short-storage.pth, tensor 'emb.weight' needs 384 elements",
        "pth-truncated-half.pth, no zip directory at its end",
        "st-overlap.safetensors, 'blocks.0.ln0.bias' overlaps another tensor",
        "st-duplicate-key.safetensors, Duplicate field 'emb.weight'",
        "st-shape-overflow.safetensors, the shape of 'emb.weight' is too large",
        "st-header-max.safetensors, claims 18446744073709551615 of 14196 bytes",
        "gguf-alignment-0.gguf, general.alignment is 0",
        "gguf-alignment-3.gguf, general.alignment is 3",
        "gguf-truncated-header.gguf, claims a list or text of 17",
        "gguf-version-be.gguf, a big-endian GGUF file",
        "gguf-arch-llama.gguf, its architecture is 'llama'",
        "bin-header-only.bin, it holds no tensors",
        "bin-truncated-header.bin, it ends after 17 bytes",
        "bin-dtype-removed.bin, which rwkv.cpp removed in 2023",
        "bin-nlayer-huge.bin, n_layer = 2147483647",
      })
  void theFaultIsNamed(String name, String fault) throws IOException {
    Path file = TestFolders.resources("hostile").resolve(name);
    assertThat(HostileRun.of(file).message()).contains(fault);
  }

  @ParameterizedTest
  @CsvSource({
    "3c21444f43545950, this is a web page",
    "1f8b080000000000, the file is compressed",
    "28b52ffd04000000, the file is compressed",
    "377abcaf271c0004, the file is compressed",
  })
  void whatWasDownloadedInsteadIsNamed(String begin, String fault, @TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("model.pth");
    Files.write(file, HexFormat.of().parseHex(begin + "00".repeat(40)));
    assertThat(HostileRun.of(file).message()).contains(fault);
  }

  /** Nobody may ever write to it: to open it would be to wait for that. */
  @Test
  @Timeout(30)
  void aPipeIsNoModel(@TempDir Path folder) throws Exception {
    Path pipe = folder.resolve("model.pth");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no mkfifo");
    assertThat(HostileRun.of(pipe).message()).contains("a device or a pipe");
  }
}
