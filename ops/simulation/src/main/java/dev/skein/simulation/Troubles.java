package dev.skein.simulation;

import dev.skein.proto.Topics;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.StoreException;
import dev.skein.worker.shard.ShardEvent;
import java.util.List;

/**
 * What goes wrong around the owners of a life: death, sleep, doubled owners, loss, jumps of time.
 */
final class Troubles {

  private static final int HOUR_MS = 3_600_000;

  private final World world;
  private final InMemoryCluster cluster;

  Troubles(World world, InMemoryCluster cluster) {
    this.world = world;
    this.cluster = cluster;
  }

  /** What goes wrong before the next event, if anything. */
  void strike() {
    List<SimulatedOwner> owners = world.owners();
    if (owners.isEmpty()) {
      return;
    }
    SimulatedOwner owner = owners.get(world.below(owners.size()));
    if (owner.isAlive() && world.chance(world.scenario().killRate())) {
      world.died();
      owner.die("killed");
    }
    if (world.scenario().has(Scenario.CANCELS) && world.chance(0.02)) {
      world.workload().cancel();
    }
    if (world.scenario().has(Scenario.CANCELS) && world.chance(0.02)) {
      world.workload().goElsewhere();
    }
    if (world.scenario().has(Scenario.ZOMBIES)) {
      zombies(owner);
    }
    if (world.scenario().has(Scenario.TIMEOUTS) && world.chance(0.004)) {
      world.say("the open transaction of shard %d times out", owner.shardNumber());
      cluster.expireTransaction(owner.shardNumber());
    }
    if (world.chance(world.scenario().has(Scenario.COMPACTION) ? 0.03 : 0.004)) {
      compact(owner.shardNumber());
    }
    // Where the arithmetic changes too, the tokens of a lost middle cannot be drawn again.
    if (world.scenario() == Scenario.COMPACTION && world.chance(0.002)) {
      world.promises().loseChunk(owner.shardNumber());
    }
    if (world.scenario().has(Scenario.ROLLING)) {
      roll(owner);
    }
    if (world.scenario().has(Scenario.UPGRADES) && world.chance(0.006)) {
      upgrade();
    }
    if (world.scenario().has(Scenario.EXPIRY)) {
      sweep(owner.shardNumber());
    }
    if (world.mutation() == Mutation.EVENT_OF_OLDER_EPOCH && !owner.isAlive()) {
      haunt(owner);
    }
  }

  private void sweep(int shard) {
    if (world.chance(0.01)) {
      world.sweep().look(shard);
    }
    if (world.chance(0.012)) {
      world.sweep().speak();
    }
  }

  private void zombies(SimulatedOwner owner) {
    if (owner.life() == SimulatedOwner.Life.AWAKE && world.chance(0.01)) {
      owner.sleep();
    } else if (owner.life() == SimulatedOwner.Life.ASLEEP && world.chance(0.02)) {
      owner.wake();
    }
    if (world.chance(0.004)) {
      world.say("another node believes that shard %d is its own", owner.shardNumber());
      world.takeOver(owner.shardNumber());
    }
  }

  private void roll(SimulatedOwner owner) {
    if (world.chance(0.002)) {
      world.jump(world.chance(0.5) ? HOUR_MS : -HOUR_MS);
    }
    if (world.chance(0.01)) {
      drain(owner);
    }
  }

  /** Whoever starts from now on has other weights; some are asked to, some die, some run on. */
  private void upgrade() {
    world.weights().change();
    world.say("weights %d are served from now on", world.weights().served());
    for (SimulatedOwner owner : List.copyOf(world.owners())) {
      if (owner.isAlive() && world.chance(0.4)) {
        world.died();
        owner.die("killed, to be upgraded");
      } else if (world.chance(0.5)) {
        drain(owner);
      }
    }
  }

  private static void drain(SimulatedOwner owner) {
    if (owner.life() != SimulatedOwner.Life.AWAKE) {
      return;
    }
    try {
      owner.drain();
    } catch (StoreException e) {
      owner.die(String.valueOf(e.getMessage()));
    }
  }

  private void compact(int shard) {
    Topics topics = cluster.topics();
    world.say("compaction of shard %d", shard);
    cluster.compact(topics.manifests(), shard);
    cluster.compact(topics.states(), shard);
    cluster.compact(topics.transcripts(), shard);
    if (world.mutation() == Mutation.COMPACTION_DROPS_NAMED_CHUNK) {
      cluster.truncate(topics.states(), shard, cluster.end(topics.states(), shard));
    }
    world.promises().compacted(shard);
    if (world.scenario().has(Scenario.COMPACTION)) {
      world.promises().forgetTokens(shard);
    }
  }

  private void haunt(SimulatedOwner dead) {
    for (Task task : List.copyOf(dead.tasks().values())) {
      if (task.run().step() instanceof ToyRun.Spoke spoke) {
        for (SimulatedOwner owner : List.copyOf(world.owners())) {
          if (owner.shardNumber() == dead.shardNumber()
              && owner.life() == SimulatedOwner.Life.AWAKE) {
            overhear(owner, new ShardEvent.Drawn(task.session(), task.turn(), spoke.token()));
          }
        }
      }
    }
  }

  private void overhear(SimulatedOwner owner, ShardEvent.Drawn drawn) {
    try {
      owner.overhear(drawn);
    } catch (StoreException | IllegalStateException e) {
      owner.die("of a ghost: " + e);
    }
  }
}
