package dev.skein.cli.role;

import dev.skein.cli.cluster.Place;
import dev.skein.cli.kafka.KafkaSite;
import dev.skein.cli.serve.SecurityOptions;
import dev.skein.cli.serve.StopSignal;
import dev.skein.proto.Topics;
import dev.skein.router.Router;
import dev.skein.router.RouterOptions;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein router}: the HTTP API in front of one pool or several. */
@Command(
    name = "router",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Run a router: the OpenAI-compatible API in front of the bus.",
      "SIGTERM ends open streams with an error event; their turns go on, and any router resumes them."
    })
public final class RouterCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Spec CommandSpec spec;
  @Mixin NodeOptions node;

  @Option(
      names = "--pool",
      paramLabel = "NAME",
      defaultValue = Topics.DEFAULT_POOL,
      description = {
        "A pool whose models are served; may be repeated (default: ${DEFAULT-VALUE}).",
        "A request goes to the pool that serves its model; of models of one name, and for requests"
            + " without a model, the pool that is named first counts."
      })
  List<String> pools = List.of();

  @Option(
      names = "--http",
      paramLabel = "H:P",
      defaultValue = "127.0.0.1:8080",
      description =
          "Address of the HTTP API; one beyond loopback needs --api-keys; port 0 takes a free one (default: ${DEFAULT-VALUE}).")
  String http = "127.0.0.1:8080";

  @Mixin SecurityOptions security;

  private final AtomicReference<@Nullable Router> running = new AtomicReference<>();

  @Override
  public Integer call() throws Exception {
    node.logs();
    Properties client = node.client();
    Place place = node.place(List.of("router"));
    List<String> nodes = node.joined();
    InetSocketAddress ops = node.opsAddress();
    HostPort listener =
        security.guarded() ? HostPort.parse("--http", http) : HostPort.loopback("--http", http);
    RouterOptions options =
        RouterOptions.of(node.kafka)
            .withClient(node.security())
            .withSecurity(security.security())
            .withPools(pools);
    StopSignal stop = new StopSignal();
    boolean clean = false;
    try {
      short replication = KafkaSite.replication(client, PATIENCE);
      new Lives(stop)
          .run(
              ops,
              metrics -> {
                NodeLife life = NodeLife.begin(place, nodes, client, replication);
                return serve(life, options, listener, metrics);
              },
              this::announce);
      clean = true;
      return 0;
    } finally {
      stop.done(clean);
    }
  }

  private NodeLife serve(
      NodeLife life, RouterOptions options, HostPort listener, PrometheusMeterRegistry metrics)
      throws Exception {
    try {
      Router before = running.get();
      int port = before == null ? listener.port() : before.address().getPort();
      Router router = life.system().startRouter(options.withHttp(listener.host(), port), metrics);
      running.set(router);
      life.runsOutside(router, router::ready);
      return life;
    } catch (Exception e) {
      life.close();
      throw e;
    }
  }

  private void announce(InetSocketAddress ops) {
    Router router = running.get();
    if (router == null) {
      return;
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "ready role=router ops=%s http=%s pool=%s shards=%s model=%s pid=%d%n",
        text(ops),
        text(router.address()),
        String.join(",", pools),
        router.shards().stream().map(String::valueOf).collect(Collectors.joining(",")),
        String.join(",", router.models()),
        ProcessHandle.current().pid());
    out.flush();
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }
}
