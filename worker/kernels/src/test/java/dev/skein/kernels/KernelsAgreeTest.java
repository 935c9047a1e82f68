package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every backend has the bits of the scalar one, whatever the size and the vector width. */
class KernelsAgreeTest {

  @ParameterizedTest
  @ValueSource(strings = {"vector", "native-avx2", "native-vnni", "native-amx"})
  void everyBackendHasTheBitsOfTheScalarOne(String name) {
    Kernels kernels = available(name);
    assertThat(kernels.name()).isEqualTo(name);
    Map<String, float[]> scalar = Battery.run(Kernels.scalar());
    for (int round = 0; round < 3; round++) { // later rounds run compiled code
      Map<String, float[]> results = Battery.run(kernels);
      assertThat(results.keySet()).isEqualTo(scalar.keySet());
      scalar.forEach((what, expected) ->
          assertSameBits(what, Objects.requireNonNull(results.get(what)), expected));
    }
  }

  private static Kernels available(String name) {
    try {
      return Kernels.named(name);
    } catch (IllegalStateException e) {
      assumeTrue(false, e.getMessage());
      throw e;
    }
  }

  @Test
  void withoutTheLibraryTheVectorBackendServesAndSaysWhy() {
    Backends.Choice choice = Backends.choose(() -> NativeLibrary.open(new byte[] {1, 2, 3}));
    assertThat(choice.kernels()).isSameAs(Kernels.vector());
    assertThat(choice.reason()).contains("vector backend", "cannot be loaded");
  }

  private static void assertSameBits(String name, float[] actual, float[] expected) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToIntBits(actual[i]) != Float.floatToIntBits(expected[i])) {
        throw new AssertionError(
            name + ": element " + i + " is " + actual[i] + ", the reference says " + expected[i]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void everyVectorWidthHasTheSameBits(int bits) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-XX:MaxVectorSize=" + Lanes.BITS / 8, // this JVM may have been given less
                "-Dskein.vector.bits=" + bits,
                "-cp",
                System.getProperty("java.class.path"),
                BatteryMain.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).isZero();
    int width = Math.min(bits, Lanes.BITS); // a machine without wide vectors uses its own
    assertThat(answer).isEqualTo(width + " " + Battery.digest(Battery.run(Kernels.scalar())));
  }
}
