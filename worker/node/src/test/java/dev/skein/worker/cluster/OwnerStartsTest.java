package dev.skein.worker.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.typed.ShardedDaemonProcessSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.Test;

/**
 * Two real nodes in one process, pings of sharded daemons that are minutes apart, and the death of
 * the older node, with which the coordinator goes.
 */
class OwnerStartsTest {
  private static final int SHARDS = 6;
  private static final String DAEMONS = "shards-test";
  private static final String ROLE = "pool-test";

  private static final String NODE =
      """
      pekko {
        loglevel = "ERROR"
        stdout-loglevel = "OFF"
        actor.provider = cluster
        coordinated-shutdown { run-by-jvm-shutdown-hook = off, run-by-actor-system-terminate = off }
        remote.artery { transport = tcp, canonical { hostname = "127.0.0.1", port = 0 } }
        cluster {
          roles = ["pool-test"]
          jmx.enabled = off
          gossip-interval = 200 ms
          leader-actions-interval = 200 ms
          sharding { rebalance-interval = 500 ms, distributed-data.durable.keys = [] }
          sharded-daemon-process {
            keep-alive-interval = 10 minutes
            sharding = ${pekko.cluster.sharding}
          }
        }
      }
      """;

  private final Set<Integer> onFirst = ConcurrentHashMap.newKeySet();
  private final Set<Integer> onSecond = ConcurrentHashMap.newKeySet();

  @Test
  void whatRanBesideTheCoordinatorStartsElsewhereWithoutAPing() {
    ActorSystem<Void> first = node();
    ActorSystem<Void> second = node();
    try {
      join(first, first);
      join(second, first);
      start(first, onFirst);
      start(second, onSecond);
      await()
          .atMost(30, SECONDS)
          .untilAsserted(() -> {
            assertThat(onFirst.size() + onSecond.size()).isEqualTo(SHARDS);
            assertThat(onSecond).isNotEmpty();
          });

      var gone = Cluster.get(first).selfMember().address();
      first.terminate();
      await()
          .atMost(10, SECONDS)
          .until(() -> first.getWhenTerminated().toCompletableFuture().isDone());
      Cluster.get(second).manager().tell(new Down(gone));

      await().atMost(10, SECONDS).untilAsserted(() -> assertThat(onSecond).hasSize(SHARDS));
    } finally {
      second.terminate();
      first.terminate();
    }
  }

  private static ActorSystem<Void> node() {
    return ActorSystem.create(
        Behaviors.empty(),
        "test",
        ConfigFactory.parseString(NODE).withFallback(ConfigFactory.load()).resolve());
  }

  private static void join(ActorSystem<Void> one, ActorSystem<Void> other) {
    Cluster.get(one).manager().tell(Join.create(Cluster.get(other).selfMember().address()));
    await()
        .atMost(30, SECONDS)
        .until(() -> Cluster.get(one).selfMember().status().equals(MemberStatus.up()));
  }

  private static void start(ActorSystem<Void> system, Set<Integer> running) {
    ShardedDaemonProcess.get(system)
        .init(
            Void.class,
            DAEMONS,
            SHARDS,
            shard -> daemon(shard, running),
            ShardedDaemonProcessSettings.create(system).withRole(ROLE),
            Optional.empty(),
            Optional.of(new ShardAllocation(Cluster.get(system))));
    OwnerStarts.watch(system, DAEMONS, SHARDS, ROLE);
  }

  private static Behavior<Void> daemon(int shard, Set<Integer> running) {
    return Behaviors.setup(context -> {
      running.add(shard);
      return Behaviors.receive(Void.class)
          .onSignal(
              PostStop.class,
              stop -> {
                running.remove(shard);
                return Behaviors.same();
              })
          .build();
    });
  }
}
