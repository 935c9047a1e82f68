package dev.skein.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.Architecture;
import dev.skein.model.dialect.ModelFiles;
import dev.skein.model.file.DataType;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import dev.skein.model.random.RandomWeights;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RwkvGgufTest {
  private static final RandomWeights.Shape SHAPE =
      new RandomWeights.Shape(3, 128, 64, 320, 300, 16, 24, 8, 40);

  @TempDir Path scratch;

  /** Our own reader, which knows llama.cpp's files, finds the very weights again. */
  @Test
  void whatWasWrittenIsReadBackEqual() throws IOException {
    ModelFile weights = RandomWeights.of(SHAPE, 5);
    Path file = scratch.resolve("model.gguf");
    RwkvGguf.write(weights, DataType.F32, file);
    try (ModelFile read = ModelFiles.open(file)) {
      assertThat(read.dialect()).isEqualTo("GGUF rwkv7");
      assertThat(read.names()).containsExactlyInAnyOrderElementsOf(weights.names());
      for (String name : weights.names()) {
        assertThat(values(read.require(name))).as(name).isEqualTo(values(weights.require(name)));
      }
    }
    assertThat(scratch.toFile().list()).containsExactly("model.gguf");
  }

  @Test
  void halvesAreTheNearestOnes() throws IOException {
    ModelFile weights = RandomWeights.of(SHAPE, 5);
    Path file = scratch.resolve("model.gguf");
    RwkvGguf.write(weights, DataType.F16, file);
    try (ModelFile read = ModelFiles.open(file)) {
      float[] before = values(weights.require("blocks.1.ffn.key.weight"));
      float[] after = values(read.require("blocks.1.ffn.key.weight"));
      for (int i = 0; i < before.length; i++) {
        assertThat(after[i]).isEqualTo(Float.float16ToFloat(Float.floatToFloat16(before[i])));
      }
      assertThat(values(read.require("blocks.2.att.w1")))
          .as("factors of the decay stay fp32")
          .isEqualTo(values(weights.require("blocks.2.att.w1")));
    }
  }

  @Test
  void otherVersionsAreRefused() {
    RandomWeights.Shape four =
        new RandomWeights.Shape(Architecture.V4, 2, 64, 64, 128, 100, RandomWeights.Ranks.NONE);
    assertThatThrownBy(() ->
            RwkvGguf.write(RandomWeights.of(four, 1), DataType.F16, scratch.resolve("no.gguf")))
        .hasMessageContaining("only RWKV-7");
    assertThat(scratch).isEmptyDirectory();
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    tensor.read(values);
    return values;
  }
}
