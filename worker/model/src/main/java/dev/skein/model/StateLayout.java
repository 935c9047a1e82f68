package dev.skein.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The recurrent state of one session as a flat run of floats, in one canonical order: its parts one
 * after another, each in row-major order. This is the order of snapshots, of {@link StateSlab#save}
 * and of exported files, whatever order a slot uses inside.
 *
 * <p>All versions have {@code state.att_x [L,C]} and {@code state.ffn_x [L,C]}, the token shift
 * vectors (after ln1 and ln2). RWKV-4 adds {@code state.aa [L,C]}, {@code state.bb [L,C]} and
 * {@code state.pp [L,C]}: sums of values and of weights, both divided by {@code e^pp}. All others
 * add {@code state.wkv [L,H,N,N]}: in RWKV-5 and 6 row = key index and column = value index, in
 * RWKV-7 row = value index and column = key index.
 */
public final class StateLayout {
  /** The running maximum of RWKV-4 before the first token; minus infinity would give NaN. */
  private static final float EMPTY_MAX = -1e30f;

  /**
   * A named tensor of the state.
   *
   * @param name as in exported files
   * @param shape outermost dimension first
   * @param offset of its first float in the flat state
   */
  public record Part(String name, List<Integer> shape, int offset) {
    /** Number of floats. */
    public int floats() {
      return shape.stream().reduce(1, Math::multiplyExact);
    }
  }

  private final ModelConfig config;
  private final List<Part> parts;
  private final int floats;
  private final float @Nullable [] initial;

  private StateLayout(ModelConfig config, List<Part> parts, float @Nullable [] initial) {
    this.config = config;
    this.parts = List.copyOf(parts);
    Part last = parts.getLast();
    this.floats = Math.addExact(last.offset(), last.floats());
    this.initial = initial;
  }

  /** The layout of a model's state; a session begins with nothing read. */
  public static StateLayout of(ModelConfig c) {
    boolean elementwise = c.architecture() == Architecture.V4;
    List<String> vectors =
        elementwise
            ? List.of("state.att_x", "state.ffn_x", "state.aa", "state.bb", "state.pp")
            : List.of("state.att_x", "state.ffn_x");
    int size = Math.multiplyExact(c.layers(), c.width());
    List<Part> parts = new ArrayList<>();
    for (String name : vectors) {
      int offset = Math.multiplyExact(size, parts.size());
      parts.add(new Part(name, List.of(c.layers(), c.width()), offset));
    }
    if (!elementwise) {
      List<Integer> shape = List.of(c.layers(), c.heads(), c.headSize(), c.headSize());
      parts.add(new Part("state.wkv", shape, Math.multiplyExact(2, size)));
    }
    StateLayout layout = new StateLayout(c, parts, null);
    return elementwise ? layout.withInitial(layout.emptySums()) : layout;
  }

  private float[] emptySums() {
    float[] state = new float[floats];
    Part max = part("state.pp");
    Arrays.fill(state, max.offset(), max.offset() + max.floats(), EMPTY_MAX);
    return state;
  }

  /**
   * The same layout for sessions that begin with this state.
   *
   * @throws IllegalArgumentException if it is of another size
   */
  public StateLayout withInitial(float[] state) {
    if (state.length != floats) {
      throw new IllegalArgumentException("a state of " + floats + " floats, not " + state.length);
    }
    return new StateLayout(config, parts, state.clone());
  }

  /** The state of a session that has read nothing. */
  public float[] initial() {
    return initial == null ? new float[floats] : initial.clone();
  }

  /** The same, not to be changed; null if it is all zero. */
  float @Nullable [] initialOrNull() {
    return initial;
  }

  /** The dimensions of the model whose states these are. */
  public ModelConfig config() {
    return config;
  }

  /** The tensors, in the order of the flat state. */
  public List<Part> parts() {
    return parts;
  }

  /** The part of that name. */
  public Part part(String name) {
    return parts.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  /** Where a layer's share of a part begins in the flat state, in bytes. */
  public long offset(String name, int layer) {
    Part part = part(name);
    return 4L * (part.offset() + (long) layer * (part.floats() / config.layers()));
  }

  /** Floats of one state. */
  public int floats() {
    return floats;
  }

  /** Bytes of one state. */
  public long bytes() {
    return 4L * floats;
  }
}
