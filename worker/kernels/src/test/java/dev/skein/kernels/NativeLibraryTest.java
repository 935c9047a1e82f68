package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library that is damaged, foreign or absent is refused with a sentence, and crashes nothing. */
class NativeLibraryTest {
  private static final String RESOURCE = "linux-x86_64/libskein-kernels.so.gz";

  @TempDir Path folder;

  @BeforeEach
  void thereIsALibrary() {
    assumeTrue(
        NativeLibrary.class.getResource(RESOURCE) != null,
        "this build has no native library: no C compiler, or another system");
  }

  @Test
  void theLibraryOfTheBuildIsLoadedAndLeavesNoFileBehind() throws Exception {
    NativeLibrary library = NativeLibrary.load();
    for (InstructionSet set : InstructionSet.values()) { // each includes those after it
      if (library.has(set)) {
        assertThat(library.has(InstructionSet.AVX2)).isTrue();
      }
    }
    List<String> mapped =
        Files.readAllLines(Path.of("/proc/self/maps")).stream()
            .filter(line -> line.contains("libskein-kernels.so"))
            .toList();
    assertThat(mapped).isNotEmpty().allMatch(line -> line.endsWith("(deleted)"));
  }

  @Test
  void aDamagedLibraryIsRefusedWhereverTheDamageIs() throws Exception {
    byte[] library;
    try (InputStream in = NativeLibrary.class.getResourceAsStream(RESOURCE)) {
      library = Objects.requireNonNull(in).readAllBytes();
    }
    for (int at : new int[] {0, library.length / 3, library.length / 2, library.length - 6}) {
      byte[] damaged = library.clone();
      damaged[at] ^= 1;
      assertThatThrownBy(() -> NativeLibrary.unpacked(new ByteArrayInputStream(damaged)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("damaged");
    }
    byte[] shortened = Arrays.copyOf(library, library.length - 100);
    assertThatThrownBy(() -> NativeLibrary.unpacked(new ByteArrayInputStream(shortened)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("damaged");
  }

  @Test
  void whatIsNoLibraryIsRefused() throws Exception {
    byte[] text = "not a library".getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> NativeLibrary.open(text))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot be loaded from the temporary folder");
  }

  @Test
  void aLibraryOfAnotherAbiIsRefused() throws Exception {
    byte[] library = compile("int skein_abi(void) { return 999; }");
    assertThatThrownBy(() -> NativeLibrary.open(library))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("another build: it has ABI 999, needed is " + NativeLibrary.ABI);
  }

  @Test
  void aLibraryWithoutOurFunctionsIsRefused() throws Exception {
    byte[] library = compile("int other(void) { return 1; }");
    assertThatThrownBy(() -> NativeLibrary.open(library))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("another build")
        .hasMessageContaining("skein_abi");
  }

  private byte[] compile(String source) throws Exception {
    Path file = Files.writeString(folder.resolve("other.c"), source);
    Path library = folder.resolve("other.so");
    Process cc;
    try {
      cc =
          new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), file.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      assumeTrue(false, "there is no C compiler: " + e.getMessage());
      throw e;
    }
    String says = new String(cc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(cc.waitFor()).as(says).isZero();
    return Files.readAllBytes(library);
  }
}
