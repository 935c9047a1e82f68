package dev.skein.cli.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.skein.cli.CommandFailure;
import dev.skein.router.Router;
import dev.skein.router.RouterException;
import dev.skein.router.RouterOptions;
import dev.skein.store.StoreException;
import dev.skein.worker.Replica;
import dev.skein.worker.Worker;
import dev.skein.worker.WorkerOptions;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one Pekko system of a process, a member of its cluster under the roles of the process. */
public final class ClusterSystem implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterSystem.class);

  /** All members of a cluster bear this name. */
  public static final String NAME = "skein";

  /** The actors that run Pekko's streams; when a node ends only its transport has any. */
  private static final String STREAMS = "/system/Materializers/*/*";

  private static final Duration STOP_WITHIN = Duration.ofSeconds(10);
  private static final Duration LEAVE_WITHIN = Duration.ofSeconds(30);
  private static final Duration LISTEN_ON = Duration.ofMinutes(1);
  private static final Duration CONNECTIONS_END_WITHIN = Duration.ofSeconds(2);

  private final ActorSystem<Void> system;
  private final @Nullable DeadPorts deadPorts;
  private final Cancellable patience;

  private ClusterSystem(ActorSystem<Void> system, @Nullable DeadPorts deadPorts) {
    this.system = system;
    this.deadPorts = deadPorts;
    this.patience =
        CoordinatedShutdown.get(system).addCancellableJvmShutdownHook(this::keepListening);
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
            "skein-connections",
            () -> {
              Thread.ofVirtual().name("skein-connections").start(this::endConnections);
              return CompletableFuture.completedFuture(Done.getInstance());
            });
  }

  /**
   * Pekko's transport half-closes its connections and may wait for the other ends to close them
   * too. Where the network between them is cut nobody does until TCP gives up, after a quarter of
   * an hour, and as long the system would neither end nor give its port back: the transport's
   * streams are stopped instead.
   */
  private void endConnections() {
    try {
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(CONNECTIONS_END_WITHIN.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      LOG.info(
          "connections are left open, perhaps by a node that cannot be reached: dropping them");
      system
          .classicSystem()
          .actorSelection(STREAMS)
          .tell(PoisonPill.getInstance(), ActorRef.noSender());
    } catch (ExecutionException e) {
      LOG.warn("the actor system did not end well", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Pekko's transport has a hook of its own that closes it as soon as the JVM is told to end,
   * unless another hook of Pekko's is under way: a node that was asked to leave would be cut off
   * instead, and taken for dead.
   */
  private void keepListening() {
    try {
      system.getWhenTerminated().toCompletableFuture().get(LISTEN_ON.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      LOG.warn("the actor system outlived its process's patience", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A cluster of this process alone, on a free port of the loopback interface. */
  public static ClusterSystem alone(List<String> roles) {
    ActorSystem<Void> system =
        ActorSystem.create(Behaviors.empty(), NAME, settings("skein-alone.conf", roles));
    ClusterSystem alone = new ClusterSystem(system, null);
    alone.found();
    return alone;
  }

  /**
   * A node that is no member of any cluster yet: {@link #join} or {@link #found} is next.
   *
   * @throws CommandFailure if the address cannot be bound
   */
  public static ClusterSystem node(Place place) {
    Config where =
        ConfigFactory.parseMap(
            Map.of(
                "canonical.hostname", place.host(),
                "canonical.port", place.port(),
                "bind.hostname", place.bindHost(),
                "bind.port", place.port() == 0 ? "" : place.bindPort()));
    Config settings =
        where
            .atPath("pekko.remote.artery")
            .withFallback(settings("skein-cluster.conf", place.roles()));
    try {
      ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), NAME, settings);
      return new ClusterSystem(system, DeadPorts.watch(system));
    } catch (RuntimeException e) {
      throw new CommandFailure(
          "cannot listen on %s:%d for the cluster (%s): choose another address with --bind"
              .formatted(place.bindHost(), place.bindPort(), e.getMessage()),
          e);
    }
  }

  /** Makes a cluster of this node. */
  public void found() {
    join(address());
  }

  /** Joins the cluster that this node, {@code host:port}, is a member of. */
  public void join(String node) {
    Cluster.get(system).manager().tell(Join.create(address(node)));
  }

  /**
   * Joins whichever of the nodes answers. The one that finds itself first among them makes a
   * cluster if nobody answers.
   */
  public void joinAny(List<String> nodes) {
    List<Address> seeds = nodes.stream().map(ClusterSystem::address).toList();
    Cluster.get(system).manager().tell(new JoinSeedNodes(seeds));
  }

  private static Address address(String node) {
    int colon = node.lastIndexOf(':');
    return new Address(
        "pekko", NAME, node.substring(0, colon), Integer.parseInt(node.substring(colon + 1)));
  }

  /** {@code host:port} by which other nodes know this one. */
  public String address() {
    return Cluster.get(system).selfMember().address().hostPort().replaceFirst(".*@", "");
  }

  /** Whether this node is a full member of its cluster. */
  public boolean isUp() {
    return Cluster.get(system).selfMember().status().equals(MemberStatus.up());
  }

  /** Done when this node has ended, by itself or because the others took it for dead. */
  public boolean ended() {
    return system.getWhenTerminated().toCompletableFuture().isDone();
  }

  /** Hands over what this node does for the cluster, leaves it and stops. */
  public void leave() {
    CompletableFuture<?> done =
        CoordinatedShutdown.get(system).runAll(new Leaving()).toCompletableFuture();
    await(done, LEAVE_WITHIN);
  }

  private static final class Leaving implements CoordinatedShutdown.Reason {}

  /**
   * Our settings under Pekko's own, resolved together: what other sections copy by substitution
   * must see ours.
   *
   * @param file settings in this package's resources
   */
  static Config settings(String file, List<String> roles) {
    Config own = ConfigFactory.parseResourcesAnySyntax(ClusterSystem.class, file);
    if (own.isEmpty()) {
      throw new IllegalStateException("no settings in " + file);
    }
    return ConfigFactory.parseMap(Map.of("pekko.cluster.roles", roles))
        .withFallback(own)
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  /** Starts a pool's worker on this system. */
  public Worker startWorker(WorkerOptions options, List<Replica> models, MeterRegistry metrics)
      throws StoreException {
    return Worker.start(system, options, models, metrics);
  }

  /** Starts the router's role on this system. */
  public Router startRouter(RouterOptions options, MeterRegistry metrics) throws RouterException {
    return Router.start(system, options, metrics);
  }

  ActorSystem<Void> system() {
    return system;
  }

  /** Stops, without leave of anybody. */
  @Override
  public void close() {
    if (deadPorts != null) {
      deadPorts.close();
    }
    patience.cancel();
    system.terminate();
    Thread.ofVirtual().name("skein-connections").start(this::endConnections);
    await(system.getWhenTerminated().toCompletableFuture(), STOP_WITHIN);
  }

  private static void await(CompletableFuture<?> end, Duration atMost) {
    try {
      end.get(atMost.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new CommandFailure(
          "the actor system did not stop within " + atMost.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new CommandFailure("the actor system did not stop: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
