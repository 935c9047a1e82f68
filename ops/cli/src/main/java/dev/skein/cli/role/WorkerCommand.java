package dev.skein.cli.role;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.cluster.Place;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.cli.kafka.KafkaSite;
import dev.skein.cli.serve.SessionOptions;
import dev.skein.cli.serve.StopSignal;
import dev.skein.kernels.ThreadPolicy;
import dev.skein.worker.EngineMetrics;
import dev.skein.worker.Replica;
import dev.skein.worker.Worker;
import dev.skein.worker.WorkerOptions;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein worker}: replicas of the models and the shards that the cluster places here. */
@Command(
    name = "worker",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Run a worker: load the models of a pool (--model may be repeated) or of several (--pool"
          + " NAME=MODEL), join the cluster, own a share of each pool's shards.",
      "SIGTERM drains it: every stream goes on elsewhere at the exact token."
    })
public final class WorkerCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Spec CommandSpec spec;
  @Mixin NodeOptions node;
  @Mixin ModelOptions model;
  @Mixin SessionOptions sessions;
  @Mixin PoolOptions given;

  @Option(
      names = "--steps-per-second",
      paramLabel = "N",
      description =
          "How many batch steps of a model at most, which leaves the processors to others; a"
              + " stream gets a token a step (absent: as many as there is time for).")
  int stepsPerSecond;

  @Override
  public Integer call() throws Exception {
    node.logs();
    ThreadPolicy.background(); // all but the engine's threads, which leave it
    if (stepsPerSecond < 0) {
      throw new CommandFailure(
          "--steps-per-second is a positive number, not " + stepsPerSecond + ".");
    }
    List<PoolOptions.Pool> pools = given.pools(model.named());
    Properties client = node.client();
    Place place = node.place(roles(pools));
    List<String> nodes = node.joined();
    InetSocketAddress ops = node.opsAddress();
    StopSignal stop = new StopSignal();
    boolean clean = false;
    try {
      try (Replicas replicas =
          Replicas.load(model, pools, stepsPerSecond, spec.commandLine().getErr())) {
        short replication = KafkaSite.replication(client, PATIENCE);
        List<WorkerOptions> options =
            pools.stream().map(pool -> options(pool, pools.size(), client, replication)).toList();
        new Lives(stop)
            .run(
                ops,
                metrics -> {
                  NodeLife life = NodeLife.begin(place, nodes, client, replication);
                  return serve(life, options, replicas, metrics);
                },
                at -> announce(at, pools, replicas));
      }
      clean = true;
      return 0;
    } finally {
      stop.done(clean);
    }
  }

  private List<String> roles(List<PoolOptions.Pool> pools) {
    return Stream.of(
            Stream.of("worker"),
            pools.stream().map(pool -> "pool-" + pool.name()),
            Stream.of("capacity-" + model.threads()))
        .flatMap(role -> role)
        .toList();
  }

  private WorkerOptions options(
      PoolOptions.Pool pool, int pools, Properties client, short replication) {
    return WorkerOptions.of(pool.topics(), pool.shards(), client)
        .withReplication(replication)
        .withKeeping(sessions.keeping())
        .withLifetimes(sessions.lifetimes())
        .withStates(sessions.states().share(pool.name(), pools));
  }

  private static NodeLife serve(
      NodeLife life, List<WorkerOptions> pools, Replicas replicas, PrometheusMeterRegistry metrics)
      throws Exception {
    try {
      EngineMetrics.register(replicas.pools(), metrics);
      for (WorkerOptions pool : pools) {
        List<Replica> models = replicas.of(pool.topics().pool());
        Worker worker = life.system().startWorker(pool, models, metrics);
        life.runs(worker, worker::settled);
      }
      return life;
    } catch (Exception e) {
      life.close();
      throw e;
    }
  }

  private void announce(InetSocketAddress ops, List<PoolOptions.Pool> pools, Replicas replicas) {
    model.mentionDemo(spec.commandLine().getErr());
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "ready role=worker ops=%s:%d pool=%s shards=%s model=%s backend=%s pid=%d%n",
        ops.getAddress().getHostAddress(),
        ops.getPort(),
        joined(pools, PoolOptions.Pool::name),
        joined(pools, pool -> Integer.toString(pool.shards())),
        replicas.names(),
        replicas.backend(),
        ProcessHandle.current().pid());
    out.flush();
  }

  private static String joined(
      List<PoolOptions.Pool> pools, Function<PoolOptions.Pool, String> part) {
    return pools.stream().map(part).collect(Collectors.joining(","));
  }
}
