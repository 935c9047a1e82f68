package dev.skein.store;

/** A shard's store in memory: the twin of the one on Kafka. */
public final class InMemoryShardStore extends LogShardStore {

  /** Touches nothing before {@code acquire}. */
  public InMemoryShardStore(InMemoryCluster cluster, int shard) {
    super(cluster.topics(), shard, cluster.shards(), cluster.log(shard));
  }
}
