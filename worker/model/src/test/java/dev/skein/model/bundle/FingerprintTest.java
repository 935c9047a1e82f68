package dev.skein.model.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import dev.skein.model.file.TestFolders;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  /** Computed by another implementation from the definition; stored sessions depend on it. */
  private static final String DEMO_WEIGHTS =
      "a7d273f22b6f6d513cf185ce45f1b9226e343eb16331d1cfac227234f5c5d401";

  @Test
  void definitionNeverChanges() throws IOException {
    try (ModelFile file = ModelFile.open(TestFolders.demoModel().resolve("model.safetensors"))) {
      assertThat(Fingerprint.of(file, "RWKV-7", "x")).isEqualTo(DEMO_WEIGHTS);
    }
  }

  @Test
  void doesNotDependOnTheOrderOfTheFile() throws IOException {
    Tensor a = Tensor.of("a", new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Tensor b = Tensor.of("b", new float[] {7}, 1);
    assertThat(Fingerprint.of(new Weights(a, b))).isEqualTo(Fingerprint.of(new Weights(b, a)));
  }

  @Test
  void dependsOnNamesShapesValuesAndFacts() throws IOException {
    Tensor a = Tensor.of("a", new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    assertThat(
            java.util.Set.of(
                Fingerprint.of(new Weights(a)),
                Fingerprint.of(new Weights(a), "fact"),
                Fingerprint.of(new Weights(a), "fac", "t"),
                Fingerprint.of(new Weights(Tensor.of("b", new float[] {1, 2, 3, 4, 5, 6}, 2, 3))),
                Fingerprint.of(new Weights(Tensor.of("a", new float[] {1, 2, 3, 4, 5, 6}, 3, 2))),
                Fingerprint.of(new Weights(Tensor.of("a", new float[] {1, 2, 3, 4, 5, -6}, 2, 3)))))
        .hasSize(6);
  }

  /**
   * The same weights with views and without: the shared test data has both containers of one model.
   */
  @Test
  void viewsCountAsWhatTheyShow() throws IOException {
    Path views = TestFolders.shared("models/r7-ranks/model-views-bf16.pth");
    try (ModelFile file = ModelFile.open(views)) {
      SequencedMap<String, Tensor> dense = new LinkedHashMap<>();
      boolean strided = false;
      for (String name : file.names()) {
        Tensor tensor = file.require(name);
        strided |= !tensor.contiguous();
        byte[] bytes = new byte[(int) tensor.elements() * tensor.type().bytes()];
        tensor.copyBytes(0, bytes, (int) tensor.elements());
        dense.put(
            name,
            Tensor.of(
                name,
                tensor.type(),
                tensor.shape(),
                java.lang.foreign.MemorySegment.ofArray(bytes)));
      }
      assertThat(strided).isTrue();
      assertThat(Fingerprint.of(new Weights(dense))).isEqualTo(Fingerprint.of(file));
    }
  }

  private record Weights(SequencedMap<String, Tensor> tensors) implements ModelFile {
    Weights(Tensor... list) {
      this(new LinkedHashMap<>());
      for (Tensor tensor : list) {
        tensors.put(tensor.name(), tensor);
      }
    }

    @Override
    public String format() {
      return "made";
    }

    @Override
    public Path path() {
      return Path.of("made");
    }

    @Override
    public SequencedSet<String> names() {
      return Collections.unmodifiableSequencedSet(tensors.sequencedKeySet());
    }

    @Override
    public @Nullable Tensor find(String name) {
      return tensors.get(name);
    }

    @Override
    public void close() {}
  }
}
