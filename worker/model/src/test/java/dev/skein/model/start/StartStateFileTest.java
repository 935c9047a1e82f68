package dev.skein.model.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.Architecture;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartStateFileTest {
  private static final int LAYERS = 3;
  private static final int HEADS = 2;
  private static final int SIZE = 4;
  private static final List<Integer> SHAPE = List.of(HEADS, SIZE, SIZE);

  @TempDir Path folder;

  private static StateLayout layout(Architecture architecture) {
    return StateLayout.of(
        new ModelConfig(architecture, LAYERS, HEADS * SIZE, SIZE, HEADS, 16, 32, 64e-5f));
  }

  /** A safetensors file of tensors that all have the given shape; tensor t begins with 1000 t. */
  private Path write(List<Integer> shape, List<String> names) throws IOException {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    for (String name : names) {
      float[] values = new float[shape.stream().reduce(1, (a, b) -> a * b)];
      for (int i = 0; i < values.length; i++) {
        values[i] = 1000 * tensors.size() + i;
      }
      tensors.put(name, values);
    }
    return write(shape, tensors);
  }

  private Path write(List<Integer> shape, Map<String, float[]> tensors) throws IOException {
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    int at = 0;
    for (Map.Entry<String, float[]> tensor : tensors.entrySet()) {
      ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "F32");
      shape.forEach(entry.withArray("shape")::add);
      entry.withArray("data_offsets").add(at).add(at + 4 * tensor.getValue().length);
      at += 4 * tensor.getValue().length;
    }
    byte[] text = new ObjectMapper().writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    ByteBuffer out = ByteBuffer.allocate(8 + padded.length + at).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(padded.length).put(padded);
    tensors
        .values()
        .forEach(values -> {
          for (float value : values) {
            out.putFloat(value);
          }
        });
    Path file = folder.resolve("tuned.safetensors");
    Files.write(file, out.array());
    return file;
  }

  private static List<String> names(int layers) {
    return IntStream.range(0, layers).mapToObj(i -> "blocks." + i + ".att.time_state").toList();
  }

  private static float[] read(Path file, Architecture architecture) throws IOException {
    return StartStateFile.read(file, layout(architecture));
  }

  @Test
  void aTunedStateOfVersion7IsTheStateAsItIs() throws IOException {
    float[] state = read(write(SHAPE, names(LAYERS)), Architecture.V7);
    StateLayout layout = layout(Architecture.V7);
    int heads = layout.part("state.wkv").offset();
    assertThat(Arrays.copyOf(state, heads)).containsOnly(0f);
    for (int layer = 0; layer < LAYERS; layer++) {
      for (int i = 0; i < HEADS * SIZE * SIZE; i++) {
        assertThat(state[heads + layer * HEADS * SIZE * SIZE + i]).isEqualTo(1000f * layer + i);
      }
    }
  }

  @Test
  void aTunedStateOfVersions5And6IsTransposed() throws IOException {
    Path file = write(SHAPE, names(LAYERS));
    for (Architecture architecture :
        List.of(Architecture.V5_0, Architecture.V5_1, Architecture.V5_2, Architecture.V6)) {
      float[] state = read(file, architecture);
      int at = layout(architecture).part("state.wkv").offset();
      for (int layer = 0; layer < LAYERS; layer++) {
        for (int head = 0; head < HEADS; head++) {
          for (int key = 0; key < SIZE; key++) {
            for (int value = 0; value < SIZE; value++) {
              float wanted = 1000f * layer + (head * SIZE + value) * SIZE + key;
              assertThat(state[at++]).isEqualTo(wanted);
            }
          }
        }
      }
    }
  }

  @Test
  void aWholeStateIsTakenAsWritten() throws IOException {
    List<Integer> flat = List.of(LAYERS, HEADS * SIZE);
    Path incomplete = write(flat, List.of("state.att_x", "state.ffn_x"));
    assertThatThrownBy(() -> read(incomplete, Architecture.V7))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("state.wkv");
  }

  @Test
  void whatDoesNotFitTheModelIsRefusedWithBothShapes() throws IOException {
    assertRefused(write(List.of(HEADS, SIZE, 8), names(LAYERS)), "[2, 4, 8]", "[2, 4, 4]");
    assertRefused(write(SHAPE, names(LAYERS - 1)), "'blocks.2.att.time_state' is missing");
    assertRefused(write(SHAPE, names(LAYERS + 1)), "blocks.3.att.time_state", "3 layers");
    List<String> withWeights = List.of("blocks.0.att.time_state", "emb.weight");
    assertRefused(write(SHAPE, withWeights), "no start state", "emb.weight", "--model");
    assertRefused(write(SHAPE, List.of("something")), "no start state", "something");
    float[] broken = new float[HEADS * SIZE * SIZE];
    broken[5] = Float.NaN;
    Map<String, float[]> tensors = new LinkedHashMap<>();
    names(LAYERS).forEach(name -> tensors.put(name, broken));
    assertRefused(write(SHAPE, tensors), "not finite");
  }

  @Test
  void version4HasNoMatricesToTune() throws IOException {
    Path file = write(SHAPE, names(LAYERS));
    assertThatThrownBy(() -> read(file, Architecture.V4))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("RWKV-4");
  }

  private static void assertRefused(Path file, String... saying) {
    assertThatThrownBy(() -> read(file, Architecture.V7))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContainingAll(saying);
  }
}
