package dev.skein.model.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class DialectTest {
  private static final Dialect SAMPLE =
      new Dialect(
          "sample",
          List.of(
              Rule.of("emb.weight", "table.weight"),
              Rule.of("blocks.{i}.a", "blk.{i}.ab", Transforms.part(0, 2), Transforms.row()),
              Rule.of("blocks.{i}.b", "blk.{i}.ab", Transforms.part(1, 2), Transforms.row()),
              Rule.of("blocks.{i}.w1", "blk.{i}.w1", Transforms.transposed()),
              Rule.of("blocks.{i}.w2", "blk.{i}.w2", Transforms.innerTransposed()),
              Rule.of("blocks.{i}.out", "blk.{i}.out", Transforms.scaledUp(2)),
              Rule.of("blocks.{i}.r_k", "blk.{i}.r_k", Transforms.rowsOf(2)),
              Rule.of("blocks.{i}.d", "blk.{i}.d", Transforms.trimmed()),
              Rule.of("blocks.{i}.e", "blk.{i}.e", Transforms.each(x -> -x)),
              Rule.of("blocks.{i}.out", "blk.{i}.old_out"),
              Rule.dropped("blk.0.dummy")));

  private static TensorMap source() {
    return TensorMap.of(
        Tensor.of("table.weight", new float[] {1, 2}, 2, 1),
        Tensor.of("blk.0.dummy", new float[] {7}, 1),
        Tensor.of("blk.5.ab", new float[] {1, 2, 3, 4}, 2, 2),
        Tensor.of("blk.5.w1", new float[] {1, 2, 3, 4, 5, 6}, 2, 3),
        Tensor.of("blk.5.w2", new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2),
        Tensor.of("blk.5.out", new float[] {1, 2}, 2),
        Tensor.of("blk.5.r_k", new float[] {1, 2, 3, 4}, 4),
        Tensor.of("blk.5.d", new float[] {1, 2}, 2, 1, 1),
        Tensor.of("blk.5.e", new float[] {1, -2}, 2),
        Tensor.of("other", new float[] {9}, 1));
  }

  private static TensorMap expected() {
    return TensorMap.of(
        Tensor.of("emb.weight", new float[] {1, 2}, 2, 1),
        Tensor.of("blocks.5.a", new float[] {1, 2}, 1, 1, 2),
        Tensor.of("blocks.5.b", new float[] {3, 4}, 1, 1, 2),
        Tensor.of("blocks.5.w1", new float[] {1, 4, 2, 5, 3, 6}, 3, 2),
        Tensor.of("blocks.5.w2", new float[] {1, 3, 2, 4, 5, 7, 6, 8}, 2, 2, 2),
        Tensor.of("blocks.5.out", new float[] {4, 8}, 2),
        Tensor.of("blocks.5.r_k", new float[] {1, 2, 3, 4}, 2, 2),
        Tensor.of("blocks.5.d", new float[] {1, 2}, 2),
        Tensor.of("blocks.5.e", new float[] {-1, 2}, 2),
        Tensor.of("other", new float[] {9}, 1));
  }

  @Test
  void everyRuleAndEveryStepCounts() {
    assertThat(DroppedSteps.areMissed(SAMPLE, source(), expected())).isEqualTo(10);
  }

  @Test
  void theOtherSpellingIsTakenToo() throws ModelFormatException {
    TensorMap old = TensorMap.of(Tensor.of("blk.3.old_out", new float[] {1, 2}, 2));
    assertThat(SAMPLE.translate(old).names()).containsExactly("blocks.3.out");
  }

  @Test
  void twoTensorsOfOneNameAreRefused() {
    TensorMap both =
        TensorMap.of(
            Tensor.of("blk.3.out", new float[] {1}, 1),
            Tensor.of("blk.3.old_out", new float[] {1}, 1));
    assertThatThrownBy(() -> SAMPLE.translate(both))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("two of its tensors are 'blocks.3.out'");
  }

  @Test
  void aShapeThatARuleDoesNotTakeIsRefused() {
    for (String name : new String[] {"ab", "w1", "w2", "r_k"}) {
      ModelFile wrong = TensorMap.of(Tensor.of("blk.3." + name, new float[] {1, 2, 3}, 3, 1, 1, 1));
      assertThatThrownBy(() -> SAMPLE.translate(wrong))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("tensor 'blk.3." + name + " F32 [3, 1, 1, 1]' should have");
    }
  }
}
