package dev.skein.store.kafka;

import dev.skein.proto.Topics;
import dev.skein.store.KnownManifests;
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
   * What the stores of one process have in common.
   *
   * @param clientConfig properties of Kafka's clients: {@code bootstrap.servers} and security
   * @param topicId of the topic of requests, as {@link PoolTopics#ensure} told it
   * @param readers lent to stores while they read
   * @param tail has read the manifests ahead, and goes on with them once a store is closed
   * @param cache of snapshots; null for none
   */
  public record Shared(
      Properties clientConfig,
      String topicId,
      ReaderPool readers,
      ManifestTail tail,
      @Nullable StateCache cache) {}

  /**
   * Connects to nothing before {@code acquire}.
   *
   * @param clientConfig properties of Kafka's clients: {@code bootstrap.servers} and security
   */
  public KafkaShardStore(Topics topics, int shard, int shards, Properties clientConfig) {
    this(topics, shard, shards, clientConfig, new ReaderPool(clientConfig));
  }

  private KafkaShardStore(
      Topics topics, int shard, int shards, Properties clientConfig, ReaderPool own) {
    super(
        topics,
        shard,
        shards,
        new KafkaShardLog(
            topics, shard, clientConfig, () -> PoolTopics.id(clientConfig, topics), own),
        KnownManifests::new,
        null);
    this.release = own::close;
  }

  /** The same, with what this process has at hand. */
  public KafkaShardStore(Topics topics, int shard, int shards, Shared shared) {
    this(topics, shard, shards, shared, shared.tail().lend(shard));
  }

  private KafkaShardStore(
      Topics topics, int shard, int shards, Shared shared, ManifestTail.Loan known) {
    super(
        topics,
        shard,
        shards,
        new KafkaShardLog(topics, shard, shared.clientConfig(), shared::topicId, shared.readers()),
        known,
        shared.cache());
    this.release = known::giveBack;
  }

  @Override
  public void close() {
    super.close();
    release.run();
  }
}
