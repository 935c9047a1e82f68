package dev.skein.model.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Positions that know each other, found by need: equal ones are one object, so that what one of
 * them has found out serves all. Thread-safe; two threads that find the same at once find the same.
 */
final class Positions {
  private static final int PLACES_MAX = 2_000;
  private static final int BYTES_PER_POSITION = 1_400;
  private static final long BYTES_MAX = 32L << 20;

  private record Key(List<Place> places, boolean accepts) {}

  private final TokenTrie trie;
  private final Map<Key, Position> known = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final Position dead;

  Positions(TokenTrie trie) {
    this.trie = trie;
    this.dead = new Position(this, List.of(), false);
  }

  TokenTrie trie() {
    return trie;
  }

  /** About how much memory they take. */
  long bytes() {
    return bytes.get();
  }

  void weigh(long more) {
    bytes.addAndGet(more);
  }

  /** The position that holds these places. */
  Position of(List<Place> places, boolean accepts) {
    if (places.isEmpty() && !accepts) {
      return dead;
    }
    Key key = new Key(places, accepts);
    Position before = known.get(key);
    if (before != null) {
      return before;
    }
    if (bytes()
        > BYTES_MAX) { // one look at the vocabulary found more than a whole grammar may keep
      throw new IllegalStateException(
          "The constraint can go on in too many ways at once: make it less ambiguous.");
    }
    Position fresh = new Position(this, List.copyOf(places), accepts);
    before = known.putIfAbsent(key, fresh);
    if (before == null) {
      weigh(BYTES_PER_POSITION + 64L * places.size());
      return fresh;
    }
    return before;
  }

  /** Where a text stands that has come to a node. */
  Position at(Node node, @Nullable Frame frame) {
    Arrival arrival = new Arrival();
    arrival.come(node, frame);
    return arrival.position();
  }

  Position after(Position position, int value) {
    Arrival arrival = new Arrival();
    for (Place place : position.places) {
      if (place.node().set.has(value)) {
        arrival.come(place.node().following(), place.frame());
      }
    }
    return arrival.position();
  }

  /** Follows all that reads nothing, up to the places that read. */
  private final class Arrival {
    private final List<Place> places = new ArrayList<>();
    private final Set<Place> seen = new HashSet<>();
    private final Deque<Place> open = new ArrayDeque<>();
    private boolean accepts;

    void come(Node node, @Nullable Frame frame) {
      visit(node, frame);
      while (!open.isEmpty()) {
        Place place = open.pop();
        pass(place.node(), place.frame());
      }
    }

    private void visit(Node node, @Nullable Frame frame) {
      if (node.cost >= Node.DEAD) {
        return;
      }
      Place place = new Place(node, frame);
      if (seen.add(place)) {
        if (node.kind != Node.Kind.READ) {
          open.push(place);
        } else if (places.size() == PLACES_MAX) {
          throw new IllegalStateException(
              "The constraint can be read in more than %d ways at once: make it less ambiguous."
                  .formatted(PLACES_MAX));
        } else {
          places.add(place);
        }
      }
    }

    private void pass(Node node, @Nullable Frame frame) {
      switch (node.kind) {
        case READ -> throw new IllegalStateException("a node that reads is not passed");
        case SPLIT -> {
          for (Node target : node.targets) {
            visit(target, frame);
          }
        }
        case CALL -> call(node, frame);
        case END -> {
          if (frame == null) {
            accepts = true;
          } else {
            visit(frame.back, frame.below);
          }
        }
      }
    }

    private void call(Node node, @Nullable Frame frame) {
      Node back = node.following();
      if (back.kind == Node.Kind.END) {
        visit(node.targets[0], frame);
      } else if (frame == null || frame.depth < Frame.DEPTH_MAX) {
        visit(node.targets[0], new Frame(back, node.framed, frame));
      }
    }

    Position position() {
      return of(places, accepts);
    }
  }
}
