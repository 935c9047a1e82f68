package dev.skein.router.kafka;

import dev.skein.proto.ModelCard;
import dev.skein.router.http.Models;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest cards of the models of some pools. Where two pools serve models of one name, the one
 * that is named first has it. One thread writes, any reads.
 */
final class CardTable implements Models {
  private static final Logger LOG = LoggerFactory.getLogger(CardTable.class);
  private static final int MODELS_MAX = 4_096;

  /**
   * A card says its pool itself; what its record is called only tells what it takes the place of.
   */
  private final LinkedHashMap<String, ModelCard> newestLast = new LinkedHashMap<>();

  private final List<String> pools;
  private final Map<String, String> hidden = new HashMap<>();
  private volatile Known known;

  private record Known(
      SortedMap<String, ModelCard> all, Map<String, SortedMap<String, ModelCard>> byPool) {}

  /**
   * @param pools whose models count, the first one first
   */
  CardTable(List<String> pools) {
    this.pools = pools;
    this.known = known();
  }

  /**
   * A card was read.
   *
   * @param key of its record
   * @param card null if it was taken back
   */
  void put(String key, @Nullable ModelCard card) {
    newestLast.remove(key);
    if (card != null && pools.contains(card.getPool())) {
      if (newestLast.size() < MODELS_MAX) {
        newestLast.put(key, card);
      } else {
        LOG.warn("More than {} models: '{}' is not taken up", MODELS_MAX, key);
      }
    }
    known = known();
  }

  private Known known() {
    Map<String, SortedMap<String, ModelCard>> byPool = new HashMap<>();
    pools.forEach(pool -> byPool.put(pool, new TreeMap<>()));
    newestLast.values().forEach(card -> in(byPool, card.getPool()).put(card.getName(), card));
    SortedMap<String, ModelCard> all = new TreeMap<>();
    for (String pool : pools) {
      for (ModelCard card : in(byPool, pool).values()) {
        ModelCard first = all.putIfAbsent(card.getName(), card);
        if (first != null) {
          hides(first, card);
        }
      }
    }
    return new Known(Collections.unmodifiableSortedMap(all), byPool);
  }

  /** Says it once. */
  private void hides(ModelCard first, ModelCard other) {
    if (!other.getPool().equals(hidden.put(first.getName(), other.getPool()))) {
      LOG.warn(
          "The pools '{}' and '{}' both serve a model named '{}': requests for it go to '{}'",
          first.getPool(),
          other.getPool(),
          first.getName(),
          first.getPool());
    }
  }

  private static SortedMap<String, ModelCard> in(
      Map<String, SortedMap<String, ModelCard>> byPool, String pool) {
    return byPool.getOrDefault(pool, Collections.emptySortedMap());
  }

  @Override
  public SortedMap<String, ModelCard> models() {
    return known.all;
  }

  @Override
  public SortedMap<String, ModelCard> of(String pool) {
    return Collections.unmodifiableSortedMap(in(known.byPool, pool));
  }
}
