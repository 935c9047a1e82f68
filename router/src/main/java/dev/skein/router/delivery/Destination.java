package dev.skein.router.delivery;

import dev.skein.proto.ModelCard;

/**
 * Where a turn runs.
 *
 * @param pool whose topics it travels on
 * @param model name of the model that answers
 * @param shards shard count of the pool as the model's card says; 0 if nothing is said
 */
public record Destination(String pool, String model, int shards) {

  /** The model that a card announces. */
  public static Destination of(ModelCard card) {
    return new Destination(card.getPool(), card.getName(), card.getShards());
  }
}
