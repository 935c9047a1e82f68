package dev.skein.model.start;

import dev.skein.model.Architecture;
import dev.skein.model.StateLayout;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads start states of a model. */
public final class StartState {
  private static final Pattern TUNED = Pattern.compile("blocks\\.(\\d{1,4})\\.att\\.time_state");
  private static final String HEADS = "state.wkv";

  private StartState() {}

  /**
   * Reads a state file for a model: a state-tuned one (a tensor {@code blocks.N.att.time_state} of
   * [H, N, N] a layer; the token-shift vectors begin at zero), or a whole state with the tensors of
   * the layout.
   *
   * <p>A {@code time_state} of RWKV-5 and 6 is the transpose of the state, one of RWKV-7 is the
   * state as it is.
   *
   * @return the floats in the order of the layout
   * @throws ModelFormatException if it is no state, or one of another model; the sentence says
   *     which shapes were wanted
   */
  public static float[] read(Path path, Architecture architecture, StateLayout layout)
      throws ModelFormatException, IOException {
    try (ModelFile file = ModelFile.open(path)) {
      boolean tuned = file.names().stream().anyMatch(n -> TUNED.matcher(n).matches());
      requireOnlyState(file, tuned, layout);
      return tuned ? tuned(file, architecture, layout) : whole(file, layout);
    }
  }

  private static void requireOnlyState(ModelFile file, boolean tuned, StateLayout layout)
      throws ModelFormatException {
    for (String name : file.names()) {
      boolean known =
          tuned
              ? TUNED.matcher(name).matches()
              : layout.parts().stream().anyMatch(part -> part.name().equals(name));
      if (!known) {
        throw ModelFormatException.of(
            file.path(),
            "no start state: it holds '" + name + "'",
            "a state-tuned file holds blocks.N.att.time_state and nothing else; "
                + "a whole model is given with --model");
      }
    }
  }

  private static float[] tuned(ModelFile file, Architecture architecture, StateLayout layout)
      throws ModelFormatException {
    StateLayout.Part heads =
        layout.parts().stream().filter(p -> p.name().equals(HEADS)).findFirst().orElse(null);
    if (heads == null) {
      throw ModelFormatException.of(
          file.path(),
          "state-tuned, and " + architecture.title() + " has no matrix state to begin with",
          "take an RWKV-5, 6 or 7 model");
    }
    List<Integer> shape = heads.shape();
    int layers = shape.get(0);
    requireLayers(file, layers);
    long[] wanted = {shape.get(1), shape.get(2), shape.get(3)};
    float[] state = new float[layout.floats()];
    float[] layer = new float[heads.floats() / layers];
    for (int i = 0; i < layers; i++) {
      Tensor tensor = file.require("blocks." + i + ".att.time_state");
      requireShape(file, tensor, wanted);
      // Keys come first in the state of RWKV-5 and 6 and values first in their files; RWKV-7 has
      // values first in both.
      boolean transposed = architecture != Architecture.V7;
      (transposed ? tensor.permuted(0, 2, 1) : tensor).read(layer);
      System.arraycopy(layer, 0, state, heads.offset() + i * layer.length, layer.length);
    }
    return state;
  }

  private static void requireLayers(ModelFile file, int layers) throws ModelFormatException {
    for (String name : file.names()) {
      Matcher matcher = TUNED.matcher(name);
      if (matcher.matches() && Integer.parseInt(matcher.group(1)) >= layers) {
        throw ModelFormatException.of(
            file.path(),
            "made for a model of more layers: it has " + name + ", this model has " + layers,
            "take the state that was tuned on exactly this model");
      }
    }
  }

  private static float[] whole(ModelFile file, StateLayout layout) throws ModelFormatException {
    float[] state = new float[layout.floats()];
    for (StateLayout.Part part : layout.parts()) {
      Tensor tensor = file.require(part.name());
      requireShape(file, tensor, part.shape().stream().mapToLong(Integer::longValue).toArray());
      tensor.read(0, state, part.offset(), part.floats());
    }
    return state;
  }

  private static void requireShape(ModelFile file, Tensor tensor, long[] wanted)
      throws ModelFormatException {
    if (!Arrays.equals(tensor.shape(), wanted)) {
      throw ModelFormatException.of(
          file.path(),
          "'%s' does not fit this model, whose states have %s there"
              .formatted(tensor, Arrays.toString(wanted)),
          "take a state that was made with exactly this model");
    }
    if (tensor.firstNonFinite() >= 0) {
      throw ModelFormatException.damaged(
          file.path(), "'" + tensor + "' holds a number that is not finite");
    }
  }
}
