package dev.skein.model.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.model.dialect.HuggingFaceExport.Mix;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.random.RandomWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceDialectsTest {
  private static final RandomWeights.Shape SMALL =
      new RandomWeights.Shape(2, 32, 16, 48, 40, 8, 9, 10, 11);

  private static TensorMap map(List<Tensor> tensors) {
    return TensorMap.of(tensors.toArray(Tensor[]::new));
  }

  private static List<Tensor> version7() throws ModelFormatException {
    ModelFile random = RandomWeights.of(SMALL, 5);
    List<Tensor> tensors = new ArrayList<>();
    for (String name : random.names()) {
      tensors.add(random.require(name));
    }
    return tensors;
  }

  @ParameterizedTest
  @ValueSource(strings = {"4", "5", "6"})
  void everyNameOfTransformersCounts(String version) {
    List<Tensor> original = HuggingFaceExport.original(version);
    TensorMap source = map(HuggingFaceExport.transformers(original));
    assertThat(HuggingFaceDialects.of(source)).isSameAs(HuggingFaceDialects.TRANSFORMERS);
    assertThat(DroppedSteps.areMissed(HuggingFaceDialects.TRANSFORMERS, source, map(original)))
        .isZero(); // names change there, and nothing else
  }

  @ParameterizedTest
  @EnumSource(Mix.class)
  void everyNameAndStepOfFlaCounts(Mix mix) throws ModelFormatException {
    List<Tensor> original = version7();
    TensorMap source = map(HuggingFaceExport.fla(original, mix));
    assertThat(HuggingFaceDialects.of(source)).isSameAs(HuggingFaceDialects.FLA);
    if (mix == Mix.ROWS) { // the step that makes rows has nothing to do there
      assertThat(TensorMap.difference(HuggingFaceDialects.FLA.translate(source), map(original)))
          .isNull();
      return;
    }
    int perVector = mix == Mix.FUSED ? 2 : 1;
    int steps = 6 * perVector + 3 + 8 + 3; // shift vectors, offsets, matrices, k_k k_a x_k
    assertThat(DroppedSteps.areMissed(HuggingFaceDialects.FLA, source, map(original)))
        .isEqualTo(steps);
  }

  /** Types stay as stored, so one model has one fingerprint. */
  @Test
  void valuesStayInTheirType() throws ModelFormatException {
    TensorMap source = map(HuggingFaceExport.fla(version7(), Mix.ROWS));
    ModelFile translated = HuggingFaceDialects.FLA.translate(source);
    assertThat(translated.dialect()).isEqualTo("flash-linear-attention");
    for (Tensor tensor : version7()) {
      assertThat(translated.require(tensor.name()).type()).isEqualTo(tensor.type());
    }
  }

  @Test
  void takesAPrefixFromBlinkDlsNames() throws ModelFormatException {
    List<Tensor> original = HuggingFaceExport.original("4");
    for (String prefix : List.of("rwkv.", "model.")) {
      TensorMap source = map(original.stream().map(t -> t.renamed(prefix + t.name())).toList());
      Dialect dialect = Objects.requireNonNull(HuggingFaceDialects.of(source));
      assertThat(TensorMap.difference(dialect.translate(source), map(original))).isNull();
    }
    assertThat(HuggingFaceDialects.of(map(original))).isNull();
  }
}
