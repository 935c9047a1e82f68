package dev.skein.worker.cluster;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ShardRegion.StartEntity;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Asks for the owners of all shards as soon as a node is out of the cluster. Pekko looks for a new
 * place for a shard only when somebody asks for it, and its pings, which are seconds apart, may
 * have gone out a moment before.
 */
final class OwnerStarts {

  /**
   * After the removal of a node: its coordinator, or the news that its shards are nobody's, may
   * take some rounds of gossip to arrive. Who runs already does not notice.
   */
  private static final List<Duration> ROUNDS =
      IntStream.of(0, 50, 100, 200, 400, 800, 1600).mapToObj(Duration::ofMillis).toList();

  private sealed interface Message {}

  private record Gone(MemberRemoved event) implements Message {}

  private enum Round implements Message {
    INSTANCE
  }

  private OwnerStarts() {}

  /**
   * Begins to look for nodes that go.
   *
   * @param daemons name of the sharded daemons, started before
   * @param role of the nodes that matter
   */
  static void watch(ActorSystem<?> system, String daemons, int shards, String role) {
    ActorRef region =
        ClusterSharding.get(system.classicSystem())
            .shardRegion("sharded-daemon-process-" + daemons);
    system.systemActorOf(
        watching(region, shards, role), "skein-owner-starts-" + daemons, Props.empty());
  }

  private static Behavior<Message> watching(ActorRef region, int shards, String role) {
    return Behaviors.setup(context -> {
      Cluster.get(context.getSystem())
          .subscriptions()
          .tell(
              Subscribe.create(
                  context.messageAdapter(MemberRemoved.class, Gone::new), MemberRemoved.class));
      return Behaviors.withTimers(timers ->
          Behaviors.receive(Message.class)
              .onMessage(
                  Gone.class,
                  gone -> {
                    if (gone.event().member().hasRole(role)) {
                      schedule(timers);
                    }
                    return Behaviors.same();
                  })
              .onMessage(
                  Round.class,
                  round -> {
                    startAll(region, shards);
                    return Behaviors.same();
                  })
              .build());
    });
  }

  private static void schedule(TimerScheduler<Message> timers) {
    ROUNDS.forEach(after -> timers.startSingleTimer(after, Round.INSTANCE, after));
  }

  private static void startAll(ActorRef region, int shards) {
    for (int shard = 0; shard < shards; shard++) {
      region.tell(new StartEntity(Integer.toString(shard)), ActorRef.noSender());
    }
  }
}
