package dev.skein.model.sampling;

import java.util.Map;
import java.util.TreeSet;

/** The ways of drawing that the RWKV project recommends, by the names that it gives them. */
public final class SamplingPresets {
  private static final Map<String, SamplingParameters> NAMED =
      Map.of(
          "default",
          SamplingParameters.RWKV,
          "creative",
          new SamplingParameters(0.6f, 0.8f, 0, 0, 1, 2, 0.2f, 0.99f, Map.of()),
          "conservative",
          new SamplingParameters(0.3f, 0.3f, 0, 0, 1, 0, 0, 1, Map.of()),
          "mechanical",
          SamplingParameters.GREEDY);

  private SamplingPresets() {}

  /**
   * The one of a name.
   *
   * @throws IllegalArgumentException naming those that there are
   */
  public static SamplingParameters named(String name) {
    SamplingParameters preset = NAMED.get(name);
    if (preset == null) {
      throw new IllegalArgumentException(
          "the field sampling names no way of drawing that is known: "
              + String.join(", ", new TreeSet<>(NAMED.keySet())));
    }
    return preset;
  }
}
