package dev.skein.model.grammar;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is to be done when a called rule has ended; frames of equal content are equal. */
final class Frame {
  /** Deeper calls are not made: a text is not nested deeper. */
  static final int DEPTH_MAX = 256;

  final Node back;
  final boolean framed;
  final @Nullable Frame below;
  final int depth;

  /** The fewest tokens from the end of the called rule to the end of the text. */
  final int cost;

  private final int hash;

  Frame(Node back, boolean framed, @Nullable Frame below) {
    this.back = back;
    this.framed = framed;
    this.below = below;
    this.depth = below == null ? 1 : below.depth + 1;
    this.cost = Math.min(Node.DEAD, back.cost + costOf(below));
    this.hash = (below == null ? 0 : 31 * below.hash) + 2 * back.id + (framed ? 1 : 0);
  }

  static int costOf(@Nullable Frame frame) {
    return frame == null ? 0 : frame.cost;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // the same object is equal, and mostly it is the same
  public boolean equals(@Nullable Object other) {
    if (this == other) {
      return true;
    }
    return other instanceof Frame frame
        && hash == frame.hash
        && depth == frame.depth
        && back == frame.back
        && framed == frame.framed
        && Objects.equals(below, frame.below);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
