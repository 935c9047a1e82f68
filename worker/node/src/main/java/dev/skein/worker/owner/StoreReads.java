package dev.skein.worker.owner;

import dev.skein.proto.Shards;
import dev.skein.store.ShardStore;
import dev.skein.store.SnapshotUnavailableException;
import dev.skein.store.StoreException;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.ShardEvent;

/** Reads what a shard asks its store for, and says so if it is not there. */
final class StoreReads {

  private final ShardStore store;
  private final int shard;
  private final int shards;
  private final OwnerMetrics metrics;

  StoreReads(ShardStore store, int shard, int shards, OwnerMetrics metrics) {
    this.store = store;
    this.shard = shard;
    this.shards = shards;
    this.metrics = metrics;
  }

  ShardEvent read(Effect.Read read) throws StoreException {
    return switch (read) {
      case Effect.LookUp lookUp ->
          new ShardEvent.LookedUp(lookUp.session(), store.manifest(lookUp.session()));
      case Effect.LoadState state -> load(state);
      case Effect.LoadFile file -> load(file);
      case Effect.ReadPast past -> read(past);
    };
  }

  private ShardEvent load(Effect.LoadState load) throws StoreException {
    boolean isOwn = load.holder().equals(load.session());
    int partition = isOwn ? shard : Shards.of(load.holder(), shards);
    long begin = System.nanoTime();
    try {
      return new ShardEvent.StateLoaded(
          load.session(), store.load(partition, load.holder(), load.slot()), null);
    } catch (SnapshotUnavailableException e) {
      return new ShardEvent.StateLoaded(load.session(), null, String.valueOf(e.getMessage()));
    } finally {
      metrics.loaded(System.nanoTime() - begin);
    }
  }

  private ShardEvent load(Effect.LoadFile load) throws StoreException {
    try {
      return new ShardEvent.FileLoaded(load.session(), store.load(load.file()), null);
    } catch (SnapshotUnavailableException e) {
      return new ShardEvent.FileLoaded(load.session(), null, String.valueOf(e.getMessage()));
    }
  }

  private ShardEvent read(Effect.ReadPast read) throws StoreException {
    try {
      return new ShardEvent.PastRead(
          read.session(), store.past(read.from(), read.turn(), read.stops()), null);
    } catch (SnapshotUnavailableException e) {
      return new ShardEvent.PastRead(read.session(), null, String.valueOf(e.getMessage()));
    }
  }
}
