package dev.skein.model.file.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Refusals;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchReaderTest {
  private static final float[] COUNTING = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

  @TempDir Path folder;
  private Path target = Path.of("");

  @BeforeEach
  void target() {
    target = folder.resolve("model.pth");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void readsViewsParametersAndAttributes(boolean zip64) throws IOException {
    TorchFileBuilder builder = new TorchFileBuilder();
    if (zip64) {
      builder.zip64();
    }
    builder
        .tensor("dense", "FloatStorage", "0", 12, 0, 3, 4, 4, 1)
        .tensor("transposed", "FloatStorage", "0", 12, 1, 4, 2, 1, 4)
        .parameter("parameter", "FloatStorage", "0", 12, 10, 2, 1)
        .tensor("expanded", "FloatStorage", "1", 1, 0, 2, 3, 0, 0)
        .tensor("scalar", "FloatStorage", "0", 12, 11)
        .end()
        .floats("0", COUNTING)
        .floats("1", 7)
        .write(target);
    try (ModelFile file = ModelFile.open(target)) {
      assertThat(file.format()).isEqualTo("pth");
      assertThat(file.names())
          .containsExactly("dense", "transposed", "parameter", "expanded", "scalar");
      assertThat(values(file, "dense")).containsExactly(COUNTING);
      assertThat(values(file, "transposed")).containsExactly(1, 5, 2, 6, 3, 7, 4, 8);
      assertThat(values(file, "parameter")).containsExactly(10, 11);
      assertThat(values(file, "expanded")).containsExactly(7, 7, 7, 7, 7, 7);
      assertThat(values(file, "scalar")).containsExactly(11);
      assertThat(file.require("scalar").rank()).isZero();
      assertThatThrownBy(() -> file.require("other"))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("'other' is missing");
    }
  }

  private static float[] values(ModelFile file, String name) throws IOException {
    Tensor tensor = file.require(name);
    float[] values = new float[(int) tensor.elements()];
    tensor.read(values);
    return values;
  }

  @Test
  void refusesViewsThatLeaveTheirStorage() throws IOException {
    assertRefused(one(12, 1, 3, 4, 4, 1), "reaches beyond its storage");
    assertRefused(one(12, -1, 3, 4, 4, 1), "reaches beyond its storage");
    assertRefused(one(12, 0, 3, 4, 5, 1), "reaches beyond its storage");
    assertRefused(one(13, 0, 3, 4, 4, 1), "of which only 12 are stored");
    assertRefused(one(12, Long.MAX_VALUE, 1, 1), "reaches beyond its storage");
    assertRefused(one(12, 0, 1L << 40, 1L << 40, 1, 1), "too large for any file");
    assertRefused(one(12, 0, 2, Long.MAX_VALUE - 1), "reaches beyond its storage");
    assertRefused(one(12, 0, 3, Long.MAX_VALUE), "too large for any file");
    assertRefused(one(12, 0, 1L << 40, 0), "more than the file has bytes");
    assertRefused(one(12, 0, -1, 1), "no whole number from 0 on");
    assertRefused(one(12, 0, 3, -1), "no whole number from 0 on");
    assertRefused(one(12, 0, 0, 1), "has no elements");
    assertRefused(one(-1, 0, 1, 1), "a storage in a way that torch does not");
  }

  private TorchFileBuilder one(long stored, long offset, long... extent) {
    return new TorchFileBuilder()
        .tensor("t", "FloatStorage", "0", stored, offset, extent)
        .end()
        .floats("0", COUNTING);
  }

  @Test
  void refusesWhatTorchDoesNotWrite() throws IOException {
    assertRefused(new TorchFileBuilder().method(8).end(), "compressed or encrypted");
    assertRefused(new TorchFileBuilder().flags(1).end(), "compressed or encrypted");
    assertRefused(
        one(12, 0, 1, 1).entry("archive/byteorder", "big".getBytes(StandardCharsets.US_ASCII)),
        "byte order 'big'");
    assertRefused(one(12, 0, 1, 1).floats("0", 1), "names 'archive/data/0' twice");
    assertRefused(
        new TorchFileBuilder()
            .tensor("t", "FloatStorage", "0", 12, 0, 1, 1)
            .tensor("t", "FloatStorage", "0", 12, 0, 1, 1)
            .end()
            .floats("0", COUNTING),
        "the key 't' twice");
    assertRefused(new TorchFileBuilder().text("epoch").whole(3).end(), "'epoch' is not a tensor");
    assertRefused(
        new TorchFileBuilder().text("t").global("torch", "FloatStorage").raw(')', 'R').end(),
        "calls 'torch.FloatStorage'");
    assertRefused(
        new TorchFileBuilder().text("t").global("torch.nn", "Module").raw(')', 0x81).end(),
        "'torch.nn.Module', which is refused");
    assertRefused(
        new TorchFileBuilder().text("t").raw(')').raw('}', 'b').end(),
        "sets attributes of an object");
  }

  /** ChatRWKV's own conversion keeps a text beside the tensors, which may be bytes. */
  @Test
  void namesWhatChatRwkvHasConverted() throws IOException {
    for (String storage : List.of("HalfStorage", "ByteStorage")) {
      assertRefused(
          new TorchFileBuilder()
              .tensor("emb.weight", storage, "0", 12, 0, 1, 1)
              .text("_strategy")
              .text("cuda fp16i8")
              .text("_version")
              .text("0.7")
              .end()
              .floats("0", COUNTING),
          "ChatRWKV has converted it for itself (it has an entry _strategy)");
    }
    assertThatThrownBy(() -> ModelFile.open(target))
        .hasMessageEndingWith("take the published .pth that it was made from");
  }

  /** Pickles that would grow without end stop at a limit. */
  @Test
  void refusesToGrow() throws IOException {
    TorchFileBuilder deep = new TorchFileBuilder();
    TorchFileBuilder wide = new TorchFileBuilder();
    for (int i = 0; i < 70_000; i++) {
      wide.raw('N');
    }
    for (int i = 0; i < 600_000; i++) {
      deep.raw('N', '0');
    }
    assertRefused(wide.end(), "more memory than any state dict");
    assertRefused(deep.end(), "longer than that of any state dict");
    assertRefused(
        new TorchFileBuilder().text("x".repeat(5000)).raw('N').end(), "a text of 5000 bytes");
  }

  private void assertRefused(TorchFileBuilder builder, String fault) throws IOException {
    Path file = builder.write(target);
    Refusals.assertRefused(file);
    assertThatThrownBy(() -> ModelFile.open(file)).hasMessageContaining(fault);
  }
}
