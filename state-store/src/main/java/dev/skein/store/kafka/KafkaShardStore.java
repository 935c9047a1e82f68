package dev.skein.store.kafka;

import dev.skein.proto.Topics;
import dev.skein.store.LogShardStore;
import java.util.Properties;

/**
 * A shard's store on Kafka. It has one network thread while it is acquired, and a second connection
 * only between a read and {@link #rest}.
 */
public final class KafkaShardStore extends LogShardStore {

  /**
   * Connects to nothing before {@code acquire}.
   *
   * @param clientConfig properties of Kafka's clients: {@code bootstrap.servers} and security
   */
  public KafkaShardStore(Topics topics, int shard, int shards, Properties clientConfig) {
    super(topics, shard, shards, new KafkaShardLog(topics, shard, clientConfig));
  }
}
