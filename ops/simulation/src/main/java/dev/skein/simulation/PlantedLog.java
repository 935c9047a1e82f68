package dev.skein.simulation;

import dev.skein.proto.Wire;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.LogRecord;
import dev.skein.store.PublishListener;
import dev.skein.store.ShardLog;
import dev.skein.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A shard's log into which a fault was planted. */
final class PlantedLog implements ShardLog {

  private static final byte[] SHARD_KEY = Wire.SHARD_KEY.getBytes(StandardCharsets.UTF_8);

  private final InMemoryCluster cluster;
  private final int shard;
  private final Mutation mutation;
  private ShardLog log;
  private boolean ownershipWritten;

  PlantedLog(InMemoryCluster cluster, int shard, Mutation mutation) {
    this.cluster = cluster;
    this.shard = shard;
    this.log = cluster.log(shard);
    this.mutation = mutation;
  }

  @Override
  public String id() throws StoreException {
    return log.id();
  }

  @Override
  public long end(String topic) throws StoreException {
    return log.end(topic);
  }

  @Override
  public int partitions(String topic) throws StoreException {
    return log.partitions(topic);
  }

  @Override
  public void fence() throws StoreException {
    log.fence();
  }

  @Override
  public void append(
      String topic,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, String> headers,
      PublishListener done) {
    boolean isOwnership = Arrays.equals(key, SHARD_KEY) && !ownershipWritten;
    ownershipWritten |= isOwnership;
    if (mutation == Mutation.EPOCH_NOT_COMMITTED_FIRST && isOwnership) {
      done.acknowledged(0);
    } else if (mutation == Mutation.LAST_CHUNK_DROPPED && topic.endsWith(".states")) {
      done.acknowledged(0);
    } else {
      log.append(topic, key, value, headers, done);
    }
  }

  @Override
  public boolean open() {
    return log.open();
  }

  @Override
  public void commit() throws StoreException {
    try {
      log.commit();
    } catch (StoreException e) {
      if (mutation != Mutation.ABORT_AND_CONTINUE || e.isFenced()) {
        throw e;
      }
      log = cluster.log(shard);
      log.fence();
    }
  }

  @Override
  public long scan(String topic, long from, boolean committed, Visitor visitor)
      throws StoreException {
    return log.scan(topic, from, committed, visitor);
  }

  @Override
  public @Nullable LogRecord next(String topic, int partition, long from) throws StoreException {
    return log.next(topic, partition, from);
  }

  @Override
  public Executor besides() {
    return log.besides();
  }

  @Override
  public void rest() {
    log.rest();
  }

  @Override
  public void close() {
    log.close();
  }
}
