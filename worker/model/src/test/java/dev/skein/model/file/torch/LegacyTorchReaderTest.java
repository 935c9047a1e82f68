package dev.skein.model.file.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Refusals;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LegacyTorchReaderTest {
  @TempDir Path folder;

  private final SequencedMap<String, float[]> storages = new LinkedHashMap<>();

  LegacyTorchReaderTest() {
    storages.put("94001", new float[] {1, 2, 3, 4, 5, 6});
    storages.put("94002", new float[] {7, 8});
  }

  private static TorchFileBuilder views() {
    return new TorchFileBuilder()
        .tensor("b", "FloatStorage", "94002", 2, 0, 2, 1)
        .tensor("transposed", "FloatStorage", "94001", 6, 0, 3, 2, 1, 3)
        .parameter("part", "FloatStorage", "94001", 6, 4, 2, 1);
  }

  private Path path() {
    return folder.resolve("old.pth");
  }

  @Test
  void readsViewsOfStoragesInTheOrderOfTheirList() throws IOException {
    try (ModelFile file = ModelFile.open(views().writeLegacy(path(), storages))) {
      assertThat(file.format()).isEqualTo("pth-legacy");
      assertThat(values(file, "b")).containsExactly(7, 8);
      assertThat(values(file, "transposed")).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(values(file, "part")).containsExactly(5, 6);
    }
  }

  @Test
  void refusesWhatDoesNotFit() throws IOException {
    views().writeLegacy(path(), storages);
    byte[] sound = Files.readAllBytes(path());
    Files.write(path(), Arrays.copyOf(sound, sound.length - 4));
    refused("a storage claims 2 elements");
    Files.write(path(), Arrays.copyOf(sound, 16));
    refused("breaks off");
    sound[18] ^= 1;
    Files.write(path(), sound);
    refused("its protocol is not the one that torch used");
    storages.remove("94002");
    views().writeLegacy(path(), storages);
    refused("its storage '94002' is missing");
    storages.put("94003", new float[1]);
    views().writeLegacy(path(), storages);
    refused("its list of storages does not fit its tensors");
  }

  private void refused(String fault) {
    Refusals.assertRefused(path());
    assertThatThrownBy(() -> ModelFile.open(path())).hasMessageContaining(fault);
  }

  private static float[] values(ModelFile file, String name) throws IOException {
    Tensor tensor = file.require(name);
    float[] out = new float[(int) tensor.elements()];
    tensor.read(out);
    return out;
  }
}
