package dev.skein.model.grammar;

import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Where a text stands in a grammar: all the ways to read it so far. Immutable but for what it
 * remembers of its surroundings, which is the same whoever finds it out. Thread-safe.
 */
public final class Position {
  final List<Place> places;

  /** The text so far is whole. */
  final boolean accepts;

  /** The fewest tokens until it is whole. */
  final int cost;

  private final Positions family;
  private final AtomicReferenceArray<@Nullable Position> following =
      new AtomicReferenceArray<>(256);
  private volatile @Nullable LocalMask local;
  private volatile @Nullable FullMask full;

  Position(Positions family, List<Place> places, boolean accepts) {
    this.family = family;
    this.places = places;
    this.accepts = accepts;
    int least = accepts ? 0 : Node.DEAD;
    for (Place place : places) {
      least = Math.min(least, place.cost());
    }
    this.cost = least;
  }

  Positions family() {
    return family;
  }

  /** Whether the text so far is whole. */
  public boolean accepts() {
    return accepts;
  }

  /** Whether the text so far can go on. */
  public boolean continues() {
    return !places.isEmpty();
  }

  /** No text begins like this. */
  boolean isDead() {
    return places.isEmpty() && !accepts;
  }

  /** After one more byte, 0 to 255. */
  Position after(int value) {
    Position known = following.get(value);
    if (known == null) {
      known = family.after(this, value);
      following.set(value, known);
    }
    return known;
  }

  /** What may follow within the rule that was last called framed. */
  LocalMask local() {
    LocalMask known = local;
    if (known == null) {
      known = LocalMask.of(this, family.trie());
      family.weigh(known.bytes());
      local = known;
    }
    return known;
  }

  /** What may follow. */
  FullMask full() {
    FullMask known = full;
    if (known == null) {
      known = FullMask.of(this);
      family.weigh(known.bytes());
      full = known;
    }
    return known;
  }
}
