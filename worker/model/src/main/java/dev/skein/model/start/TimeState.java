package dev.skein.model.start;

import dev.skein.model.Architecture;
import dev.skein.model.ModelConfig;
import dev.skein.model.StateLayout;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The state that state-tuning has learnt, {@code blocks.i.att.time_state [H,N,N]} of every layer,
 * inside a model's file or in a file of its own. It stands as [value][key] in all versions: for
 * RWKV-7 this is the order of {@link StateLayout}, for RWKV-5 and 6 it is transposed. The token
 * shift vectors begin at zero.
 */
public final class TimeState {
  private static final Pattern NAME = Pattern.compile("blocks\\.(\\d{1,4})\\.att\\.time_state");

  private TimeState() {}

  /** The name of the tensor of a layer. */
  public static String name(int layer) {
    return "blocks." + layer + ".att.time_state";
  }

  /** Whether the file holds one. */
  public static boolean isIn(ModelFile file) {
    return file.names().stream().anyMatch(TimeState::isName);
  }

  /** Whether a tensor of that name is a part of one. */
  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /**
   * Reads the state in the canonical order of {@code layout}.
   *
   * @throws ModelFormatException if a layer is missing, or the shapes are those of another model
   */
  public static float[] read(ModelFile file, StateLayout layout) throws ModelFormatException {
    ModelConfig c = layout.config();
    if (c.architecture() == Architecture.V4) {
      throw ModelFormatException.of(
          file.path(),
          "it has a time_state, but " + c.architecture().title() + " has no heads",
          "take the state of a model of RWKV-5 or later");
    }
    requireLayers(file, c.layers());
    int n = c.headSize();
    float[] state = new float[layout.floats()];
    float[] part = new float[c.heads() * n * n];
    for (int layer = 0; layer < c.layers(); layer++) {
      Tensor tensor = file.require(name(layer));
      if (!Arrays.equals(tensor.shape(), new long[] {c.heads(), n, n})) {
        throw ModelFormatException.of(
            file.path(),
            "tensor '%s' should have the shape [%d, %d, %d]".formatted(tensor, c.heads(), n, n),
            "take a state that was tuned for this model");
      }
      tensor.read(part);
      int at = (int) (layout.offset("state.wkv", layer) / Float.BYTES);
      if (c.architecture() == Architecture.V7) {
        System.arraycopy(part, 0, state, at, part.length);
      } else {
        transpose(part, n, state, at);
      }
    }
    return state;
  }

  /** A layer that is missing is named when it is read. */
  private static void requireLayers(ModelFile file, int layers) throws ModelFormatException {
    for (String name : file.names()) {
      Matcher tuned = NAME.matcher(name);
      if (tuned.matches() && Integer.parseInt(tuned.group(1)) >= layers) {
        throw ModelFormatException.of(
            file.path(),
            "it has tensor '%s', but the model has %d layers".formatted(name, layers),
            "take a state that was tuned for this model");
      }
    }
  }

  private static void transpose(float[] heads, int n, float[] out, int at) {
    for (int i = 0; i < heads.length; i++) {
      int head = i / (n * n);
      int value = i / n % n;
      int key = i % n;
      out[at + (head * n + key) * n + value] = heads[i];
    }
  }
}
