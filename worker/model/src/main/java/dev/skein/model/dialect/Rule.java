package dev.skein.model.dialect;

import dev.skein.model.file.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of a dialect: where a tensor of ours comes from. In both names {@code {i}} stands for
 * the number of the layer.
 *
 * @param target BlinkDL's name, or {@link #DROPPED} for a tensor that is not needed
 * @param source the dialect's name; one source may give several targets
 * @param steps what is done to it, in order; none: another name, nothing else
 */
record Rule(String target, String source, List<Transform> steps) {
  /** The target of tensors that BlinkDL's files do not have. */
  static final String DROPPED = "";

  Rule {
    steps = List.copyOf(steps);
  }

  static Rule of(String target, String source, Transform... steps) {
    return new Rule(target, source, List.of(steps));
  }

  /** A tensor that is left out. */
  static Rule dropped(String source) {
    return of(DROPPED, source);
  }

  /** The transformed tensor, under its old name. */
  Tensor apply(Tensor tensor, int layer) {
    Tensor result = tensor;
    for (Transform step : steps) {
      result = step.of(result, layer);
    }
    return result;
  }

  /** This rule with a step left out: what a test drops to see that it is missed. */
  Rule without(int step) {
    List<Transform> rest = new ArrayList<>(steps);
    rest.remove(step);
    return new Rule(target, source, rest);
  }
}
