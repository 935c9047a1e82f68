package dev.skein.worker.cluster;

import dev.skein.worker.owner.ShardOwner;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardedDaemonProcessSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one owner of every shard alive somewhere among the workers: a sharded daemon a shard. An
 * owner that failed is started again with back-off from 200 ms to 5 s; nobody else may start one.
 */
public final class ShardPlacement {

  private static final Logger LOG = LoggerFactory.getLogger(ShardPlacement.class);

  private static final String POOL_ROLE = "pool-";

  /** Makes an owner, not started yet. */
  @FunctionalInterface
  public interface OwnerFactory {
    /**
     * A new owner, or null while this worker closes down.
     *
     * @param onEnd to be told once how it ended: null after a release, else the failure
     */
    @Nullable ShardOwner create(int shard, Consumer<@Nullable Throwable> onEnd);
  }

  /** What an owner's actor hears. */
  sealed interface Message {}

  /** The placement wants the shard elsewhere. */
  enum Release implements Message {
    INSTANCE
  }

  /** The owner's thread has ended. */
  record OwnerEnded(@Nullable Throwable failure) implements Message {}

  private ShardPlacement() {}

  /** Role of the nodes on which the shards of a pool are placed. */
  public static String role(String pool) {
    return POOL_ROLE + pool;
  }

  /** Begins to place the shards of a pool. */
  public static void start(
      ActorSystem<?> system, String pool, int shards, ShardHandOver handOver, OwnerFactory owners) {
    String daemons = "shards-" + pool;
    ShardedDaemonProcess.get(system)
        .init(
            Message.class,
            daemons,
            shards,
            shard -> supervised(shard, handOver, owners),
            ShardedDaemonProcessSettings.create(system).withRole(role(pool)),
            Optional.of(Release.INSTANCE),
            Optional.of(new ShardAllocation(Cluster.get(system))));
    OwnerStarts.watch(system, daemons, shards, role(pool));
  }

  private static Behavior<Message> supervised(
      int shard, ShardHandOver handOver, OwnerFactory owners) {
    return Behaviors.supervise(daemon(shard, handOver, owners))
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                    Duration.ofMillis(200), Duration.ofSeconds(5), 0.2)
                .withLoggingEnabled(false));
  }

  private static Behavior<Message> daemon(int shard, ShardHandOver handOver, OwnerFactory owners) {
    return Behaviors.setup(context -> {
      ShardOwner owner =
          owners.create(shard, failure -> context.getSelf().tell(new OwnerEnded(failure)));
      if (owner == null) {
        return Behaviors.receive(Message.class)
            .onMessage(Release.class, release -> Behaviors.stopped())
            .build();
      }
      handOver.begins(owner);
      owner.start();
      return Behaviors.receive(Message.class)
          .onMessage(
              Release.class,
              release -> {
                handOver.leave(owner);
                return Behaviors.stopped();
              })
          .onMessage(OwnerEnded.class, ended -> afterwards(shard, ended.failure()))
          .onSignal(
              PostStop.class,
              stop -> {
                if (!handOver.isLeaving(owner)) {
                  owner.release();
                }
                return Behaviors.same();
              })
          .build();
    });
  }

  private static Behavior<Message> afterwards(int shard, @Nullable Throwable failure) {
    if (failure == null) {
      return Behaviors.stopped();
    }
    LOG.warn("shard {} lost: {}", shard, failure.toString());
    throw new IllegalStateException("shard " + shard + " lost", failure);
  }
}
