package dev.skein.model;

import java.util.List;

/**
 * The recurrent state of one session as a flat run of floats, in one canonical order: its parts one
 * after another, each in row-major order. This is the order of snapshots, of {@link StateSlab#save}
 * and of exported files, whatever order a slot uses inside.
 *
 * <p>RWKV-7: {@code state.att_x [L,C]}, {@code state.ffn_x [L,C]} (the token shift vectors, after
 * ln1 and ln2) and {@code state.wkv [L,H,N,N]} (row = value index, column = key index).
 */
public final class StateLayout {

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

  private StateLayout(ModelConfig config, List<Part> parts) {
    this.config = config;
    this.parts = List.copyOf(parts);
    Part last = parts.getLast();
    this.floats = Math.addExact(last.offset(), last.floats());
  }

  /** The layout of a model's state. */
  public static StateLayout of(ModelConfig c) {
    int shift = Math.multiplyExact(c.layers(), c.width());
    return new StateLayout(
        c,
        List.of(
            new Part("state.att_x", List.of(c.layers(), c.width()), 0),
            new Part("state.ffn_x", List.of(c.layers(), c.width()), shift),
            new Part(
                "state.wkv",
                List.of(c.layers(), c.heads(), c.headSize(), c.headSize()),
                Math.multiplyExact(2, shift))));
  }

  ModelConfig config() {
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

  /** Floats of one state. */
  public int floats() {
    return floats;
  }

  /** Bytes of one state. */
  public long bytes() {
    return 4L * floats;
  }
}
