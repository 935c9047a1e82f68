package dev.skein.model.grammar;

import org.jspecify.annotations.Nullable;

/**
 * One way to read the text so far: where it stands, and what is to be done afterwards.
 *
 * @param node one that reads
 */
record Place(Node node, @Nullable Frame frame) {

  int cost() {
    return Math.min(Node.DEAD, node.cost + Frame.costOf(frame));
  }

  /** The lowest part of the stack above the last framed call; null: there is none. */
  @Nullable Frame ground() {
    Frame at = frame;
    while (at != null && !at.framed) {
      at = at.below;
    }
    return at;
  }

  /** The place as seen from the rule that was last called framed, with every node as its twin. */
  Place above() {
    return new Place(node.twin, copy(frame));
  }

  private static @Nullable Frame copy(@Nullable Frame frame) {
    return frame == null || frame.framed
        ? null
        : new Frame(frame.back.twin, false, copy(frame.below));
  }
}
