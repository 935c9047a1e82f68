package dev.skein.worker;

import dev.skein.proto.Topics;
import java.util.Properties;

/**
 * How a worker is set up.
 *
 * @param topics the pool
 * @param shards how many shards the pool has
 * @param replication of the pool's topics, where this worker has to make them
 * @param kafka bootstrap servers and security, as for any Kafka client
 * @param stateBytes memory for the states of idle sessions, over all shards
 */
public record WorkerOptions(
    Topics topics, int shards, short replication, Properties kafka, long stateBytes) {

  /** 512 MB of states, one copy of each topic. */
  public static WorkerOptions of(Topics topics, int shards, Properties kafka) {
    return new WorkerOptions(topics, shards, (short) 1, kafka, 512L << 20);
  }

  /** The same with another number of copies of the topics that it makes. */
  public WorkerOptions withReplication(short replication) {
    return new WorkerOptions(topics, shards, replication, kafka, stateBytes);
  }
}
