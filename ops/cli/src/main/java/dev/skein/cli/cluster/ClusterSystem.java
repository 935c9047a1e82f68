package dev.skein.cli.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.skein.cli.CommandFailure;
import dev.skein.engine.Engine;
import dev.skein.router.Router;
import dev.skein.router.RouterException;
import dev.skein.router.RouterOptions;
import dev.skein.store.StoreException;
import dev.skein.worker.Worker;
import dev.skein.worker.WorkerOptions;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/** The one Pekko system of a process, a member of its cluster under the roles of the process. */
public final class ClusterSystem implements AutoCloseable {
  /** All members of a cluster bear this name. */
  public static final String NAME = "skein";

  private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

  private final ActorSystem<Void> system;

  private ClusterSystem(ActorSystem<Void> system) {
    this.system = system;
  }

  /** A cluster of this process alone, on a free port of the loopback interface. */
  public static ClusterSystem alone(List<String> roles) {
    ActorSystem<Void> system =
        ActorSystem.create(Behaviors.empty(), NAME, settings("skein-alone.conf", roles));
    Cluster cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    return new ClusterSystem(system);
  }

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

  /** Starts the worker's role on this system. */
  public Worker startWorker(WorkerOptions options, List<Engine> engines, MeterRegistry metrics)
      throws StoreException {
    return Worker.start(system, options, engines, metrics);
  }

  /** Starts the router's role on this system. */
  public Router startRouter(RouterOptions options, MeterRegistry metrics) throws RouterException {
    return Router.start(system, options, metrics);
  }

  ActorSystem<Void> system() {
    return system;
  }

  /** Leaves the cluster and stops. */
  @Override
  public void close() {
    system.terminate();
    try {
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new CommandFailure(
          "the actor system did not stop within " + STOP_WITHIN.toSeconds() + " s", e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new CommandFailure("the actor system did not stop: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
