package dev.skein.model.grammar;

import dev.skein.model.sampling.TokenMask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What may follow a position.
 *
 * @param tokens that may, while the budget is no concern
 * @param worst no such token leads to a greater cost
 */
record FullMask(TokenMask tokens, int worst) {

  static FullMask of(Position position) {
    Map<Optional<Frame>, List<Place>> groups = new LinkedHashMap<>();
    for (Place place : position.places) {
      groups
          .computeIfAbsent(Optional.ofNullable(place.ground()), g -> new ArrayList<>())
          .add(place);
    }
    Positions family = position.family();
    Collector collector = new Collector(family.trie());
    groups.forEach((ground, places) -> collector.add(family, ground, places));
    return new FullMask(collector.tokens, collector.worst);
  }

  long bytes() {
    return 8L * tokens.words();
  }

  static void allow(TokenMask mask, int token, TokenTrie trie) {
    for (int same = token; same >= 0; same = trie.namesake(same)) {
      mask.allow(same);
    }
  }

  private static final class Collector implements TrieWalk.Visitor {
    private final TokenTrie trie;
    private final TokenMask tokens;
    private int worst;

    Collector(TokenTrie trie) {
      this.trie = trie;
      this.tokens = new TokenMask(trie.vocabulary());
    }

    void add(Positions family, Optional<Frame> ground, List<Place> places) {
      List<Place> above = places.stream().map(Place::above).distinct().toList();
      LocalMask local = family.of(above, false).local();
      tokens.allowAll(local.tokens());
      int cost = places.stream().mapToInt(Place::cost).min().orElse(Node.DEAD);
      worst = Math.max(worst, cost + local.growth());
      if (ground.isPresent()) {
        Frame frame = ground.get();
        Position back = family.at(frame.back, frame.below);
        TrieWalk walk = new TrieWalk(trie);
        for (int exit : local.exits()) {
          walk.below(exit, back, this);
        }
      }
    }

    @Override
    public void met(int node, int token, Position position) {
      if (token >= 0) {
        allow(tokens, token, trie);
        worst = Math.max(worst, position.cost);
      }
    }
  }
}
