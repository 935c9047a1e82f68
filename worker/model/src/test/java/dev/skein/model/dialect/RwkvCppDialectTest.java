package dev.skein.model.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.Architecture;
import dev.skein.model.dialect.Published.Original;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.ggml.BinFileBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models written as rwkv.cpp's converter does are read back as they were. */
class RwkvCppDialectTest {
  @TempDir Path folder;

  private static Original converted(Original tensor, Architecture architecture) {
    long[] shape = tensor.shape();
    boolean five = architecture.title().startsWith("RWKV-5");
    return switch (tensor.role()) {
      case "att.time_decay" ->
          switch (architecture) {
            case V4 -> tensor.exponential(-1);
            case V5_0 -> tensor.decay().shaped(shape[0], 1, 1);
            case V5_1 -> tensor.decay().shaped(shape[0], 1);
            case V6 -> tensor.shaped(4, 8, 1);
            default -> tensor.decay().shaped(shape[0], shape[1], 1);
          };
      case "att.time_first" -> five ? tensor.exponential(1).shaped(shape[0], 1, 1) : tensor;
      case "att.time_faaaa" -> tensor.shaped(shape[0], shape[1], 1);
      case "att.time_maa_w1", "att.time_maa_w2", "att.time_decay_w1", "att.time_decay_w2" ->
          tensor.transposed();
      case "att.w1", "att.w2", "att.a1", "att.a2", "att.v1", "att.v2", "att.g1", "att.g2" ->
          tensor.transposed();
      default ->
          shape[0] == 1 && tensor.role().contains(".time_")
              ? tensor.shaped(tensor.values().length)
              : tensor;
    };
  }

  private static BinFileBuilder convert(ModelFile model, Architecture architecture)
      throws IOException {
    BinFileBuilder out = new BinFileBuilder(101, 40, 32, 3, 0);
    for (String name : model.names()) {
      Original tensor = converted(Original.of(model, name), architecture);
      if (tensor.role().matches("att\\.x_[wkvag]")) {
        continue;
      }
      if (tensor.role().equals("att.x_r")) {
        String att = "blocks." + tensor.layer() + ".att.";
        out.floats(att + "x_rwkvag", Published.stacked(model, att + "x_", "rwkvag"), 6, 1, 32);
      } else {
        out.floats(name, tensor.values(), tensor.shape());
      }
    }
    return out;
  }

  private static Dialect dialect(Architecture architecture) {
    return switch (architecture) {
      case V4 -> RwkvCppDialect.four();
      case V5_0, V5_1, V5_2 -> RwkvCppDialect.five();
      case V6 -> RwkvCppDialect.six();
      case V7 -> RwkvCppDialect.seven();
    };
  }

  @ParameterizedTest
  @CsvSource({"V4,6", "V5_0,9", "V5_1,10", "V5_2,9", "V6,14", "V7,20"})
  void everyVersionIsReadBackAndNothingOfTheDialectIsIdle(Architecture architecture, int steps)
      throws IOException {
    ModelFile model = Published.model(architecture);
    Path path = convert(model, architecture).write(folder.resolve("m"));
    try (ModelFile file = ModelFile.open(path)) {
      assertThat(DroppedSteps.areMissed(dialect(architecture), file, model)).isEqualTo(steps);
    }
    try (ModelFile file = ModelFiles.open(path)) {
      assertThat(TensorMap.difference(file, model)).isNull();
      assertThat(Architecture.detect(file)).isEqualTo(architecture);
      assertThat(file.dialect()).isEqualTo(dialect(architecture).title());
    }
  }

  /** The engine computes from d what the file held, for every value that a float can hold. */
  @Test
  void decaysComeBackAsTheyWereStored() {
    for (float d = -25; d < 8; d += 0.37f) {
      float stored = (float) Math.exp(-Math.exp(d));
      float again = (float) Math.exp(-Math.exp(RwkvCppDialect.trainedDecay5(stored)));
      assertThat(again).isCloseTo(stored, Offset.offset(1e-6f * stored));
      float plain = -(float) Math.exp(d * 10);
      assertThat((float) -Math.exp(RwkvCppDialect.trainedDecay4(plain)))
          .isCloseTo(plain, Offset.offset(-1e-5f * plain));
      float first = (float) Math.exp(d * 5);
      assertThat((float) Math.exp(RwkvCppDialect.logarithm(first)))
          .isCloseTo(first, Offset.offset(1e-5f * first + Float.MIN_NORMAL));
    }
    assertThat((float) Math.exp(-Math.exp(RwkvCppDialect.trainedDecay5(0)))).isZero();
    assertThat((float) Math.exp(-Math.exp(RwkvCppDialect.trainedDecay5(1)))).isEqualTo(1);
    assertThat((float) Math.exp(RwkvCppDialect.trainedDecay4(-0f))).isZero();
    assertThat((float) Math.exp(RwkvCppDialect.logarithm(0))).isZero();
  }

  @ParameterizedTest
  @CsvSource({"V4,0.5", "V5_2,-0.5", "V5_2,1.5", "V4,NaN"})
  void whatIsNoDecayIsRefused(Architecture architecture, float value) throws IOException {
    float[] decay = new float[32];
    Arrays.fill(decay, architecture == Architecture.V4 ? -0.5f : 0.5f);
    decay[17] = value;
    BinFileBuilder out = new BinFileBuilder(101, 40, 32, 1, 0);
    out.floats("blocks.0.ln1.weight", new float[32], 32);
    if (architecture == Architecture.V4) {
      out.floats("blocks.0.att.time_decay", decay, 32);
    } else {
      out.floats("blocks.0.att.ln_x.weight", new float[32], 32);
      out.floats("blocks.0.att.time_decay", decay, 4, 8, 1);
    }
    Path path = out.write(folder.resolve("m"));
    assertThatThrownBy(() -> ModelFiles.open(path).close())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("holds what cannot be a decay");
  }

  @ParameterizedTest
  @CsvSource({"41,32,3,n_vocab = 41", "40,33,3,n_embed = 33", "40,32,2,n_layer = 2"})
  void aHeaderThatContradictsTheTensorsIsRefused(int v, int c, int layers, String fault)
      throws IOException {
    BinFileBuilder out = new BinFileBuilder(101, v, c, layers, 0);
    ModelFile model = Published.model(Architecture.V4);
    for (String name : model.names()) {
      Original tensor = converted(Original.of(model, name), Architecture.V4);
      out.floats(name, tensor.values(), tensor.shape());
    }
    Path path = out.write(folder.resolve("m"));
    assertThatThrownBy(() -> ModelFiles.open(path).close())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(fault);
  }
}
