package dev.skein.simulation;

import dev.skein.proto.Shards;
import dev.skein.store.ShardStore;
import dev.skein.store.SnapshotUnavailableException;
import dev.skein.store.StoreException;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.ShardEvent;

/** What an owner reads back from its store, and is told of it. */
record SimulatedReads(World world, ShardStore store) {

  ShardEvent lookUp(Effect.LookUp look) throws StoreException {
    return new ShardEvent.LookedUp(look.session(), store.manifest(look.session()));
  }

  ShardEvent load(Effect.LoadState load) throws StoreException {
    try {
      int partition = Shards.of(load.holder(), world.shards());
      return new ShardEvent.StateLoaded(
          load.session(), store.load(partition, load.holder(), load.slot()), null);
    } catch (SnapshotUnavailableException e) {
      world.say("a snapshot of %s is missed: %s", load.holder(), e);
      return new ShardEvent.StateLoaded(load.session(), null, String.valueOf(e.getMessage()));
    }
  }

  ShardEvent file(Effect.LoadFile load) throws StoreException {
    try {
      return new ShardEvent.FileLoaded(load.session(), store.load(load.file()), null);
    } catch (SnapshotUnavailableException e) {
      world.say("the file that %s is to be made of is missed: %s", load.session(), e);
      return new ShardEvent.FileLoaded(load.session(), null, String.valueOf(e.getMessage()));
    }
  }

  ShardEvent past(Effect.ReadPast read) throws StoreException {
    try {
      return new ShardEvent.PastRead(
          read.session(), store.past(read.from(), read.turn(), read.stops()), null);
    } catch (SnapshotUnavailableException e) {
      world.say("a transcript of %s is missed: %s", read.session(), e);
      return new ShardEvent.PastRead(read.session(), null, String.valueOf(e.getMessage()));
    }
  }
}
