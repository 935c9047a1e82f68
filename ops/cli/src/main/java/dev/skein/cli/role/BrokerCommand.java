package dev.skein.cli.role;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Logs;
import dev.skein.cli.kafka.ClusterBroker;
import dev.skein.cli.kafka.DataFolder;
import dev.skein.cli.kafka.LoopbackPort;
import dev.skein.cli.serve.OpsServer;
import dev.skein.cli.serve.StopSignal;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein broker}: a Kafka broker, alone or one of three. */
@Command(
    name = "broker",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Run a Kafka broker (KRaft, broker and controller in one).",
      "Three of them, each with its --id and --controller and the same --voters, make a cluster that survives the loss of"
          + " one."
    })
public final class BrokerCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Option(
      names = "--bind",
      paramLabel = "H:P",
      defaultValue = "127.0.0.1:9092",
      description =
          "Where clients and other brokers reach it; port 0 takes a free one (default: ${DEFAULT-VALUE}).")
  String bind = "127.0.0.1:9092";

  @Option(
      names = "--advertise",
      paramLabel = "H:P",
      description = "The address that clients are told; absent: that of --bind.")
  @Nullable String advertise;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "Folder of the broker's log and of its own log lines.")
  @Nullable Path data;

  @Option(
      names = "--id",
      paramLabel = "N",
      defaultValue = "1",
      description = "Number of this broker among the voters (default: ${DEFAULT-VALUE}).")
  int id = 1;

  @Option(
      names = "--controller",
      paramLabel = "H:P",
      defaultValue = "127.0.0.1:0",
      description = "Where the controllers talk; with --voters what they say of this id.")
  String controller = "127.0.0.1:0";

  @Option(
      names = "--voters",
      paramLabel = "N@H:P,…",
      description = "All controllers of the cluster, this one included; absent: this one alone.")
  @Nullable String voters;

  @Option(
      names = "--ops",
      paramLabel = "H:P",
      defaultValue = "127.0.0.1:0",
      description =
          "Address of health checks and metrics; port 0 takes a free one (default: ${DEFAULT-VALUE}).")
  String ops = "127.0.0.1:0";

  @Option(names = "--verbose", description = "Log to stderr instead of DIR/logs.")
  boolean verbose;

  @Override
  public Integer call() throws Exception {
    Path folder = data == null ? Path.of(".") : data;
    if (verbose) {
      Logs.verbose();
    } else {
      Logs.toFolder(folder.resolve("logs"));
    }
    InetSocketAddress opsAddress = HostPort.loopback("--ops", ops).socket();
    ClusterBroker.Site site = site();
    StopSignal stop = new StopSignal();
    AtomicBoolean serves = new AtomicBoolean();
    boolean clean = false;
    try {
      PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      try (OpsServer server = OpsServer.start(opsAddress, serves::get, metrics);
          DataFolder held = DataFolder.take(folder);
          ClusterBroker _ = ClusterBroker.start(held.kafka(), site)) {
        serves.set(true);
        announce(server.address(), site);
        stop.await();
        serves.set(false);
      }
      clean = true;
      return 0;
    } finally {
      stop.done(clean);
    }
  }

  private ClusterBroker.Site site() {
    HostPort listener = free(HostPort.loopback("--bind", bind), "Kafka", "--bind");
    HostPort talk =
        free(HostPort.loopback("--controller", controller), "the controller", "--controller");
    String told = advertise;
    String known =
        told == null ? listener.toString() : HostPort.parse("--advertise", told).toString();
    String self = id + "@" + talk;
    String given = voters;
    String all = given == null ? self : given.replace(" ", "");
    if (Arrays.stream(all.split(",", -1)).noneMatch(self::equals)) {
      throw new CommandFailure(
          "--voters must contain this broker's own --id and --controller, '%s', and is '%s'"
              .formatted(self, all));
    }
    return new ClusterBroker.Site(id, listener.toString(), known, talk.toString(), all);
  }

  private static HostPort free(HostPort wanted, String what, String option) {
    return new HostPort(wanted.host(), LoopbackPort.claim(wanted.port(), what, option));
  }

  private void announce(InetSocketAddress at, ClusterBroker.Site site) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "ready role=broker ops=%s:%d kafka=%s id=%d pid=%d%n",
        at.getAddress().getHostAddress(),
        at.getPort(),
        site.advertised(),
        site.id(),
        ProcessHandle.current().pid());
    out.flush();
  }
}
