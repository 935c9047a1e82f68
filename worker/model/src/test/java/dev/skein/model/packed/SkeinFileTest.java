package dev.skein.model.packed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.kernels.WorkerPool;
import dev.skein.model.Architecture;
import dev.skein.model.Batch;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.ModelSource;
import dev.skein.model.Quantization;
import dev.skein.model.StateSlab;
import dev.skein.model.Workspace;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.TestFolders;
import dev.skein.model.random.RandomWeights;
import dev.skein.model.text.bpe.TinyBpe;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SkeinFileTest {
  private static final String R7 = "testdata/models/r7/model-bf16.pth";
  private static final int[] TOKENS = {5, 17, 3, 60, 2, 2, 33, 9};

  @TempDir Path folder;

  private static Model.Options options(Quantization quantization) {
    Model.Options d = Model.Options.defaults();
    return new Model.Options(quantization, "auto", 2, null, d.groupNormEps(), null);
  }

  private Path convert(Path model, Quantization quantization) throws IOException {
    Path target = folder.resolve("converted-" + quantization.title() + ".skein");
    try (ModelSource source = ModelSource.open(model, Model.Options.defaults());
        WorkerPool workers = new WorkerPool(2)) {
      new Conversion(source, quantization).write(target, workers, LoadProgress.NONE);
    }
    return target;
  }

  private static float[] logits(Model model) {
    try (StateSlab slab = new StateSlab(model.rwkv().stateLayout(), 1);
        Workspace workspace = model.rwkv().newWorkspace(16, 1)) {
      slab.initial(0);
      Batch batch = new Batch();
      int row = batch.add(0, TOKENS, 0, TOKENS.length, true);
      model.rwkv().forward(batch, slab, workspace);
      return workspace.logits(row).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @ParameterizedTest
  @EnumSource(Quantization.class)
  void isTheModelThatItWasMadeFrom(Quantization q) throws IOException {
    for (Path model : List.of(TestFolders.demoModel(), TestFolders.resources(R7))) {
      Path converted = convert(model, q);
      try (Model original = Model.open(model, options(q), LoadProgress.NONE);
          Model own = Model.open(converted, Model.Options.defaults(), LoadProgress.NONE)) {
        assertThat(own.rwkv().quantization()).isEqualTo(q);
        assertThat(logits(own)).containsExactly(logits(original));
        assertThat(own.modelFingerprint()).isEqualTo(original.modelFingerprint());
        assertThat(own.arithmeticFingerprint()).isEqualTo(original.arithmeticFingerprint());
        assertThat(own.rwkv().config()).isEqualTo(original.rwkv().config());
        assertThat(own.name()).isEqualTo(original.name());
        assertThat(own.contextTrained()).isEqualTo(original.contextTrained());
        assertThat(own.defaults()).isEqualTo(original.defaults());
        assertThat(own.template()).isEqualTo(original.template());
        assertThat(own.endOfText()).isEqualTo(original.endOfText());
      }
    }
  }

  private Path published(Architecture architecture) throws IOException {
    RandomWeights.Ranks ranks = new RandomWeights.Ranks(5, 3, 2, 7, 4);
    RandomWeights.Shape shape = new RandomWeights.Shape(architecture, 2, 60, 12, 101, 77, ranks);
    Path file = folder.resolve(architecture + ".safetensors");
    new SafetensorsWriter(RandomWeights.of(shape, 3), null).write(file, LoadProgress.NONE);
    return file;
  }

  private void requireSame(Path model, Quantization q) throws IOException {
    Path converted = convert(model, q);
    try (Model original = Model.open(model, options(q), LoadProgress.NONE);
        Model own = Model.open(converted, Model.Options.defaults(), LoadProgress.NONE)) {
      assertThat(logits(own)).containsExactly(logits(original));
      assertThat(own.modelFingerprint()).isEqualTo(original.modelFingerprint());
      assertThat(own.rwkv().stateLayout().parts()).isEqualTo(original.rwkv().stateLayout().parts());
      try (SkeinFile file = SkeinFile.open(converted)) {
        file.verify();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void everyVersionConverts(Architecture architecture) throws IOException {
    for (Quantization q : Quantization.values()) {
      requireSame(published(architecture), q);
    }
  }

  /** Other formats, other names, a start state inside the file. */
  @ParameterizedTest
  @ValueSource(
      strings = {"r52/hf-bf16", "r6-state/model.pth", "r4-bigk/model.pth", "tiny-v7/fla-bf16"})
  void everyPublishedFormConverts(String model) throws IOException {
    requireSame(TestFolders.shared("models/" + model), Quantization.INT8);
  }

  @Test
  void blocksOfAFewBitsStayBlocks() throws IOException {
    Path gguf = TestFolders.shared("models/tiny-v7/model-Q8_0.gguf");
    requireSame(gguf, Quantization.INT8);
    try (SkeinFile file = SkeinFile.open(convert(gguf, Quantization.INT8))) {
      Tensor table = file.require("emb.weight");
      assertThat(file.storedTypes()).contains("q8_0");
      assertThat(table.data().byteSize()).isEqualTo(table.elements() / 32 * 34);
    }
  }

  @Test
  void bringsAGptNeoXVocabularyAlong() throws IOException {
    Path model = published(Architecture.V4);
    RandomWeights.Shape shape =
        new RandomWeights.Shape(Architecture.V4, 1, 32, 8, 64, 300, RandomWeights.Ranks.NONE);
    new SafetensorsWriter(RandomWeights.of(shape, 3), null).write(model, LoadProgress.NONE);
    Path vocabulary = TinyBpe.write(folder.resolve("tokenizer.json"), 300);
    Path converted = convert(model, Quantization.INT8);
    requireSame(model, Quantization.INT8);
    Files.delete(vocabulary);
    try (Model own = Model.open(converted, Model.Options.defaults(), LoadProgress.NONE)) {
      assertThat(own.tokenizer().name()).isEqualTo("gpt-neox");
      assertThat(own.tokenizer().encode("hello")).containsExactly(259, 112);
    }
  }

  @Test
  void bringsItsVocabularyAlong() throws IOException {
    Path converted = convert(TestFolders.demoModel(), Quantization.INT4);
    assertThat(Model.openTokenizer(converted, List.of()).digest())
        .isEqualTo(Model.openTokenizer(TestFolders.demoModel(), List.of()).digest());
    String text = "Once upon a time, \u00e9\u4e2d";
    try (Model own = Model.open(converted, options(Quantization.INT8), LoadProgress.NONE)) {
      assertThat(own.tokenizer().decode(own.tokenizer().encode(text)))
          .isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void anotherVocabularyIsAnotherModel() throws IOException {
    Path converted = convert(TestFolders.demoModel(), Quantization.INT8);
    Path other = folder.resolve("other.txt");
    String lines = Files.readString(TestFolders.demoModel().resolve("skein_demo_vocab.txt"));
    Files.writeString(other, lines.substring(0, lines.lastIndexOf('\n', lines.length() - 2) + 1));
    Model.Options d = options(Quantization.INT8);
    Model.Options with =
        new Model.Options(d.quantization(), "auto", 1, other, d.groupNormEps(), null);
    try (Model usual = Model.open(converted, d, LoadProgress.NONE);
        Model changed = Model.open(converted, with, LoadProgress.NONE);
        Model again = Model.open(converted, with, LoadProgress.NONE)) {
      assertThat(changed.modelFingerprint()).isNotEqualTo(usual.modelFingerprint()).hasSize(64);
      assertThat(changed.modelFingerprint()).isEqualTo(again.modelFingerprint());
    }
  }

  @Test
  void holdsOneQuantisationAndSaysSo() throws IOException {
    Path converted = convert(TestFolders.resources(R7), Quantization.INT4);
    Model.Options wanted = options(Quantization.FP32).insisting();
    assertThatThrownBy(() -> Model.open(converted, wanted, LoadProgress.NONE))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("its weights are int4, not fp32")
        .hasMessageContaining("--quant");
    assertThatThrownBy(() -> convert(converted, Quantization.INT8))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("converted before");
  }

  /** The header is text; of RWKV-6 the factors keep their precision in every form. */
  @Test
  void lowRankFactorsOfAQuantisedRwkv7AreEightBits() throws IOException {
    for (Quantization q : List.of(Quantization.INT8, Quantization.INT4)) {
      assertThat(header(convert(TestFolders.resources(R7), q)))
          .contains("\"factor-int8\"")
          .doesNotContain("\"factor-bf16\"", "\"factor-fp16\"", "\"factor\"");
      assertThat(header(convert(published(Architecture.V6), q))).doesNotContain("\"factor-int8\"");
    }
    assertThat(header(convert(TestFolders.resources(R7), Quantization.BF16)))
        .contains("\"factor-bf16\"")
        .doesNotContain("\"factor-int8\"");
  }

  private static String header(Path converted) throws IOException {
    byte[] bytes = Files.readAllBytes(converted);
    int at = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(24);
    return new String(bytes, at, bytes.length - at, StandardCharsets.UTF_8);
  }

  @Test
  void aFileOfAnotherVersionIsRefused() throws IOException {
    Path converted = convert(TestFolders.resources(R7), Quantization.INT8);
    byte[] bytes = Files.readAllBytes(converted);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 1);
    Files.write(converted, bytes);
    assertThatThrownBy(() -> Model.open(converted, Model.Options.defaults(), LoadProgress.NONE))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("version 1 of the format, this Skein reads version 2")
        .hasMessageContaining("convert the model again");
  }

  @Test
  void aFailedConversionLeavesNothing() throws IOException {
    Path hostile = folder.resolve("part.safetensors");
    byte[] whole = Files.readAllBytes(TestFolders.demoModel().resolve("model.safetensors"));
    String header = new String(whole, 8, 4000, StandardCharsets.ISO_8859_1);
    int at = 8 + header.indexOf("ffn.key.weight");
    whole[at] = 'g'; // a missing matrix, found in the middle of the work
    Files.write(hostile, whole);
    assertThatThrownBy(() -> convert(hostile, Quantization.INT8))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("ffn.key.weight");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(hostile);
    }
  }

  private static void load(Path file) throws IOException {
    try (SkeinFile own = SkeinFile.open(file)) {
      own.description();
      own.verify();
    }
    Model.open(file, options(Quantization.INT8), LoadProgress.NONE).close();
  }

  @Test
  void noChangedByteGoesUnnoticed() throws IOException {
    Path converted = convert(TestFolders.resources(R7), Quantization.INT8);
    byte[] good = Files.readAllBytes(converted);
    Path bad = folder.resolve("bad.skein");
    long header = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(24);
    int tried = 0;
    for (int at = 0; at < good.length; at += at < 64 ? 1 : at < header ? 4099 : 211) {
      byte[] changed = good.clone();
      changed[at] ^= (byte) (1 << at % 8);
      Files.write(bad, changed);
      assertThatThrownBy(() -> verify(bad))
          .as("byte %d of %d", at, good.length)
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("bad.skein");
      tried++;
    }
    assertThat(tried).isGreaterThan(150);
  }

  private static void verify(Path file) throws IOException {
    try (SkeinFile own = SkeinFile.open(file)) {
      own.verify();
    }
  }

  @Test
  void aChangedWeightIsNeverServed() throws IOException {
    Path converted = convert(TestFolders.resources(R7), Quantization.INT8);
    byte[] good = Files.readAllBytes(converted);
    Path bad = folder.resolve("bad.skein");
    int end = (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(24);
    for (int at = 4096; at < end; at += 9973) {
      byte[] changed = good.clone();
      changed[at] ^= 0x10;
      Files.write(bad, changed);
      assertThatThrownBy(() -> Model.open(bad, Model.Options.defaults(), LoadProgress.NONE).close())
          .as("byte %d", at)
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("checksum");
    }
  }

  @Test
  void cutFilesAreRefused() throws IOException {
    Path converted = convert(TestFolders.resources(R7), Quantization.FP16);
    byte[] good = Files.readAllBytes(converted);
    Path bad = folder.resolve("bad.skein");
    for (int length : new int[] {8, 12, 16, 23, 24, 47, 4095, 4096, 5000, good.length - 1}) {
      Files.write(bad, Arrays.copyOf(good, length));
      assertThatThrownBy(() -> load(bad))
          .as("cut to %d", length)
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("bad.skein")
          .hasMessageNotContaining("\n");
    }
    Files.write(bad, Arrays.copyOf(good, good.length + 1));
    assertThatThrownBy(() -> load(bad)).isInstanceOf(ModelFormatException.class);
  }

  /** Whoever writes a wrong header may well write right checksums. */
  @Test
  void liesWithRightChecksumsAreRefused() throws IOException {
    Path converted = convert(TestFolders.resources(R7), Quantization.INT8);
    byte[] good = Files.readAllBytes(converted);
    Path bad = folder.resolve("bad.skein");
    String[][] lies = {
      {"\"offset\":4096", "\"offset\":4097"},
      {"\"offset\":4096", "\"offset\":-1"},
      {"\"offset\":4096", "\"offset\":9223372036854775807"},
      {"\"kind\":\"int8\"", "\"kind\":\"int4\""},
      {"\"kind\":\"int8\"", "\"kind\":\"raw-f32\""},
      {"\"kind\":\"int8\"", "\"kind\":\"raw-i32\""},
      {"\"kind\":\"int8\"", "\"kind\":\"vocabulary\""},
      {"\"quantization\":\"int8\"", "\"quantization\":\"int4\""},
      {"\"quantization\":\"int8\"", "\"quantization\":\"int9\""},
      {"\"shape\":[", "\"shape\":[1048577,"},
      {"\"shape\":[", "\"shape\":[0,"},
      {"\"shape\":[", "\"shape\":[1048576,1048576,1048576,"},
      {"\"name\":\"blocks.0.att.key.weight\"", "\"name\":\"blocks.0.att.value.weight\""},
      {"\"sections\":[", "\"sections\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["},
      {"\"fingerprint\":", "\"fingerprint\":7,\"x\":"},
      {"{\"name\"", "{{\"name\""},
      {"\"description\":{", "\"description\":7,\"y\":{"},
    };
    for (String[] lie : lies) {
      Files.write(bad, withHeader(good, lie[0], lie[1]));
      assertThatThrownBy(() -> load(bad))
          .as(lie[1])
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("bad.skein")
          .hasMessageNotContaining("\n");
    }
  }

  private static byte[] withHeader(byte[] good, String from, String to) {
    ByteBuffer old = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN);
    int at = (int) old.getLong(24);
    String header = new String(good, at, (int) old.getLong(32), StandardCharsets.UTF_8);
    assertThat(header).contains(from);
    byte[] json =
        header
            .replaceFirst(java.util.regex.Pattern.quote(from), to)
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer out = ByteBuffer.allocate(at + json.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put(good, 0, at).put(json);
    out.putLong(16, out.capacity()).putLong(32, json.length).putInt(40, crc(json)).putInt(44, 0);
    return out.putInt(44, crc(Arrays.copyOf(out.array(), 4096))).array();
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
