package dev.skein.store.kafka;

import dev.skein.proto.Topics;
import dev.skein.store.LogShardStore;
import dev.skein.store.StateCache;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A shard's store on Kafka. It has one network thread while it is acquired, and a second connection
 * only between a read and {@link #rest}.
 */
public final class KafkaShardStore extends LogShardStore {

  private final Runnable release;

  /**
   * Connects to nothing before {@code acquire}.
   *
   * @param clientConfig properties of Kafka's clients: {@code bootstrap.servers} and security
   */
  public KafkaShardStore(Topics topics, int shard, int shards, Properties clientConfig) {
    super(topics, shard, shards, new KafkaShardLog(topics, shard, clientConfig));
    this.release = () -> {};
  }

  /**
   * The same, with what this process has at hand.
   *
   * @param tail has read the manifests ahead, and reads them again once the store is closed
   * @param cache of snapshots; null for none
   */
  public KafkaShardStore(
      Topics topics,
      int shard,
      int shards,
      Properties clientConfig,
      ManifestTail tail,
      @Nullable StateCache cache) {
    super(
        topics,
        shard,
        shards,
        new KafkaShardLog(topics, shard, clientConfig),
        () -> tail.take(shard),
        cache);
    this.release = () -> tail.release(shard);
  }

  @Override
  public void close() {
    super.close();
    release.run();
  }
}
