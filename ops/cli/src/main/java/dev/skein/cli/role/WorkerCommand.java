package dev.skein.cli.role;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.cluster.Place;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.cli.kafka.KafkaSite;
import dev.skein.cli.serve.SessionOptions;
import dev.skein.cli.serve.StopSignal;
import dev.skein.kernels.ThreadPolicy;
import dev.skein.proto.Topics;
import dev.skein.worker.Worker;
import dev.skein.worker.WorkerOptions;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein worker}: a replica of the model and the shards that the cluster places here. */
@Command(
    name = "worker",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Run a worker: load the models of a pool (--model may be repeated), join the cluster, own a"
          + " share of the pool's shards.",
      "SIGTERM drains it: every stream goes on elsewhere at the exact token."
    })
public final class WorkerCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Spec CommandSpec spec;
  @Mixin NodeOptions node;
  @Mixin ModelOptions model;
  @Mixin SessionOptions sessions;

  @Option(
      names = "--pool",
      paramLabel = "NAME",
      defaultValue = Topics.DEFAULT_POOL,
      description = "The pool that is served (default: ${DEFAULT-VALUE}). One pool a process.")
  String pool = Topics.DEFAULT_POOL;

  @Option(
      names = "--shards",
      paramLabel = "N",
      description =
          "Shards of the pool, where this worker is the first to make it; fixed from then on"
              + " (default: 16).")
  int shards = Topics.DEFAULT_SHARDS;

  @Option(
      names = "--steps-per-second",
      paramLabel = "N",
      description =
          "How many batch steps at most, which leaves the processors to others; a stream gets a"
              + " token a step (absent: as many as there is time for).")
  int stepsPerSecond;

  @Override
  public Integer call() throws Exception {
    node.logs();
    ThreadPolicy.background(); // all but the engine's threads, which leave it
    if (stepsPerSecond < 0) {
      throw new CommandFailure(
          "--steps-per-second is a positive number, not " + stepsPerSecond + ".");
    }
    Topics topics = new Topics(pool);
    Properties client = node.client();
    Place place =
        node.place(List.of("worker", "pool-" + topics.pool(), "capacity-" + model.threads()));
    List<String> nodes = node.joined();
    InetSocketAddress ops = node.opsAddress();
    StopSignal stop = new StopSignal();
    boolean clean = false;
    try {
      try (Replicas replicas = Replicas.load(model, stepsPerSecond, spec.commandLine().getErr())) {
        short replication = KafkaSite.replication(client, PATIENCE);
        WorkerOptions options =
            WorkerOptions.of(topics, shards, client)
                .withReplication(replication)
                .withKeeping(sessions.keeping())
                .withLifetimes(sessions.lifetimes())
                .withStates(sessions.states());
        new Lives(stop)
            .run(
                ops,
                metrics -> life(place, nodes, options, replicas, metrics),
                at -> announce(at, replicas));
      }
      clean = true;
      return 0;
    } finally {
      stop.done(clean);
    }
  }

  private static NodeLife life(
      Place place,
      List<String> nodes,
      WorkerOptions options,
      Replicas replicas,
      PrometheusMeterRegistry metrics)
      throws Exception {
    NodeLife life = NodeLife.begin(place, nodes, options.kafka(), options.replication());
    try {
      Worker worker = life.system().startWorker(options, replicas.engines(), metrics);
      life.runs(worker, worker::settled);
      return life;
    } catch (Exception e) {
      life.close();
      throw e;
    }
  }

  private void announce(InetSocketAddress ops, Replicas replicas) {
    model.mentionDemo(spec.commandLine().getErr());
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "ready role=worker ops=%s:%d pool=%s shards=%d model=%s backend=%s pid=%d%n",
        ops.getAddress().getHostAddress(),
        ops.getPort(),
        pool,
        shards,
        replicas.names(),
        replicas.backend(),
        ProcessHandle.current().pid());
    out.flush();
  }
}
