package dev.skein.worker;

import dev.skein.proto.Topics;
import dev.skein.worker.owner.Lifetimes;
import dev.skein.worker.owner.StateTiers;
import dev.skein.worker.shard.ShardLimits;
import java.util.Properties;

/**
 * How a worker is set up.
 *
 * @param topics the pool
 * @param shards how many shards the pool has
 * @param replication of the pool's topics, where this worker has to make them
 * @param kafka bootstrap servers and security, as for any Kafka client
 * @param states where the states of idle sessions are at hand
 * @param keeping what is kept of sessions
 * @param lifetimes how long what is idle is kept
 */
public record WorkerOptions(
    Topics topics,
    int shards,
    short replication,
    Properties kafka,
    StateTiers states,
    ShardLimits.Keeping keeping,
    Lifetimes lifetimes) {

  /** The usual, one copy of each topic. */
  public static WorkerOptions of(Topics topics, int shards, Properties kafka) {
    return new WorkerOptions(
        topics,
        shards,
        (short) 1,
        kafka,
        StateTiers.USUAL,
        ShardLimits.Keeping.USUAL,
        Lifetimes.USUAL);
  }

  /** The same with another number of copies of the topics that it makes. */
  public WorkerOptions withReplication(short replication) {
    return new WorkerOptions(topics, shards, replication, kafka, states, keeping, lifetimes);
  }

  /** The same with another rule of what is kept of sessions. */
  public WorkerOptions withKeeping(ShardLimits.Keeping keeping) {
    return new WorkerOptions(topics, shards, replication, kafka, states, keeping, lifetimes);
  }

  /** The same with other lifetimes of what is idle. */
  public WorkerOptions withLifetimes(Lifetimes lifetimes) {
    return new WorkerOptions(topics, shards, replication, kafka, states, keeping, lifetimes);
  }

  /** The same with the states of idle sessions elsewhere. */
  public WorkerOptions withStates(StateTiers states) {
    return new WorkerOptions(topics, shards, replication, kafka, states, keeping, lifetimes);
  }
}
