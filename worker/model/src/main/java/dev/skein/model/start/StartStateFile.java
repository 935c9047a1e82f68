package dev.skein.model.start;

import dev.skein.model.StateLayout;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads files that hold a state to begin with, and nothing else. */
public final class StartStateFile {
  private StartStateFile() {}

  /**
   * Reads a state file for a model: a state-tuned one ({@link TimeState}), or a whole state with
   * the tensors of the layout.
   *
   * @return the floats in the order of the layout
   * @throws ModelFormatException if it is no state, or one of another model; the sentence says
   *     which shapes were wanted
   */
  public static float[] read(Path path, StateLayout layout)
      throws ModelFormatException, IOException {
    try (ModelFile file = ModelFile.open(path)) {
      boolean tuned = TimeState.isIn(file);
      for (String name : file.names()) {
        check(file, name, tuned, layout);
      }
      return tuned ? TimeState.read(file, layout) : whole(file, layout);
    }
  }

  private static void check(ModelFile file, String name, boolean tuned, StateLayout layout)
      throws ModelFormatException {
    boolean known =
        tuned
            ? TimeState.isName(name)
            : layout.parts().stream().anyMatch(part -> part.name().equals(name));
    if (!known) {
      throw ModelFormatException.of(
          file.path(),
          "no start state: it holds '" + name + "'",
          "a state-tuned file holds blocks.N.att.time_state and nothing else; "
              + "a whole model is given with --model");
    }
    Tensor tensor = file.require(name);
    if (tensor.firstNonFinite() >= 0) {
      throw ModelFormatException.damaged(
          file.path(), "'" + tensor + "' holds a number that is not finite");
    }
  }

  private static float[] whole(ModelFile file, StateLayout layout) throws ModelFormatException {
    float[] state = new float[layout.floats()];
    for (StateLayout.Part part : layout.parts()) {
      Tensor tensor = file.require(part.name());
      long[] wanted = part.shape().stream().mapToLong(Integer::longValue).toArray();
      if (!Arrays.equals(tensor.shape(), wanted)) {
        throw ModelFormatException.of(
            file.path(),
            "'%s' does not fit this model, whose states have %s there"
                .formatted(tensor, Arrays.toString(wanted)),
            "take a state that was made with exactly this model");
      }
      tensor.read(0, state, part.offset(), part.floats());
    }
    return state;
  }
}
