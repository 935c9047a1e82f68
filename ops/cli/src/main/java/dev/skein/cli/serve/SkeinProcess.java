package dev.skein.cli.serve;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.cluster.ClusterSystem;
import dev.skein.cli.kafka.DataFolder;
import dev.skein.cli.kafka.EmbeddedBroker;
import dev.skein.cli.kafka.KafkaSite;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineOptions;
import dev.skein.kernels.ThreadPolicy;
import dev.skein.model.Model;
import dev.skein.proto.Topics;
import dev.skein.router.Router;
import dev.skein.router.RouterOptions;
import dev.skein.router.RouterSecurity;
import dev.skein.worker.EngineMetrics;
import dev.skein.worker.Rehearsal;
import dev.skein.worker.Replica;
import dev.skein.worker.Worker;
import dev.skein.worker.WorkerOptions;
import dev.skein.worker.owner.Lifetimes;
import dev.skein.worker.owner.StateTiers;
import dev.skein.worker.shard.ShardLimits;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Broker, worker and router in this process. Parts are started in the order in which they need each
 * other and closed in the reverse one, so that a clean stop releases the shards while the broker
 * still listens.
 */
public final class SkeinProcess implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SkeinProcess.class);
  private static final Duration KAFKA_ANSWERS = Duration.ofSeconds(30);
  private static final long LOOK_EVERY_NANOS = 10_000_000;

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Settings settings;
  private @Nullable EmbeddedBroker broker;
  private String kafka = "";
  private @Nullable InetSocketAddress http;
  private @Nullable InetSocketAddress ops;
  private BooleanSupplier serves = () -> false;

  /**
   * @param data folder of the broker's log; unused with a foreign Kafka
   * @param kafka addresses of a foreign Kafka, null for an embedded broker
   * @param kafkaPort of the embedded broker; 0 takes a free one
   * @param client properties for every Kafka client
   * @param port of the API; 0 takes a free one
   * @param ops address of health and metrics, null for none
   * @param security API keys and TLS of the API
   * @param keeping what is kept of sessions
   * @param lifetimes how long what is idle is kept
   * @param states where the states of idle sessions are at hand
   */
  public record Settings(
      Path data,
      @Nullable String kafka,
      int kafkaPort,
      Properties client,
      int port,
      @Nullable InetSocketAddress ops,
      RouterSecurity security,
      ShardLimits.Keeping keeping,
      Lifetimes lifetimes,
      StateTiers states) {
    /** Everything on free ports, an embedded broker in {@code data}. */
    public static Settings ephemeral(Path data) {
      return new Settings(
          data,
          null,
          0,
          new Properties(),
          0,
          null,
          RouterSecurity.NONE,
          ShardLimits.Keeping.USUAL,
          Lifetimes.USUAL,
          StateTiers.USUAL);
    }
  }

  private SkeinProcess(Settings settings) {
    this.settings = settings;
  }

  /**
   * Starts everything around a loaded model and returns when requests are served.
   *
   * @throws CommandFailure in one sentence; what was started is stopped again
   */
  public static SkeinProcess start(Settings settings, Model model, Duration patience) {
    SkeinProcess process = new SkeinProcess(settings);
    ThreadPolicy.background(); // all but the engine's threads, which leave it
    try {
      process.startParts(model);
      process.awaitReady(patience);
      process.settle();
      return process;
    } catch (Exception e) {
      process.closeAfter(e);
      throw e instanceof CommandFailure failure ? failure : new CommandFailure(messageOf(e), e);
    } finally {
      ThreadPolicy.foreground();
    }
  }

  private void startParts(Model model) throws Exception {
    InetSocketAddress opsAt = settings.ops();
    if (opsAt != null) {
      ops = add(OpsServer.start(opsAt, () -> serves.getAsBoolean(), metrics)).address();
    }
    // Compiling the kernels and starting the broker take about as long: side by side.
    Thread warmUp =
        Thread.ofPlatform().name("warm-up").daemon(true).start(() -> Rehearsal.of(model));
    // If a later part fails, the model is closed: not while it is warmed up.
    add((AutoCloseable) warmUp::join);
    String foreign = settings.kafka();
    kafka = foreign != null ? foreign : startBroker();
    ClusterSystem cluster = add(ClusterSystem.alone(List.of("worker", "router", "pool-main")));
    warmUp.join();
    Engine engine = add(Engine.start(model, EngineOptions.defaults()));
    List<Replica> models = List.of(new Replica(model.name(), engine));
    EngineMetrics.register(Map.of(Topics.DEFAULT_POOL, models), metrics);
    Properties client = new Properties();
    client.putAll(settings.client());
    client.setProperty("bootstrap.servers", kafka);
    Worker worker =
        add(
            cluster.startWorker(
                WorkerOptions.of(Topics.main(), Topics.DEFAULT_SHARDS, client)
                    .withKeeping(settings.keeping())
                    .withLifetimes(settings.lifetimes())
                    .withStates(settings.states())
                    .withReplication(
                        foreign == null ? 1 : KafkaSite.replication(client, KAFKA_ANSWERS)),
                models,
                metrics));
    Router router =
        add(
            cluster.startRouter(
                RouterOptions.of(kafka)
                    .withClient(settings.client())
                    .withSecurity(settings.security())
                    .withHttp("127.0.0.1", settings.port()),
                metrics));
    http = router.address();
    serves = () -> worker.ready() && router.ready();
  }

  private String startBroker() {
    DataFolder folder = add(DataFolder.take(settings.data()));
    broker = add(EmbeddedBroker.start(folder.kafka(), settings.kafkaPort()));
    return broker.address();
  }

  /** An idle process sleeps. */
  private void settle() {
    if (broker != null) {
      broker.stopNeedlessClocks();
    }
  }

  private void awaitReady(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!serves.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new CommandFailure(
            "not ready within %d s: is Kafka at %s well?".formatted(patience.toSeconds(), kafka));
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
  }

  private <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  /** {@code host:port} of Kafka. */
  public String kafka() {
    return kafka;
  }

  /** Root of the HTTP API, without a slash at its end. */
  public String url() {
    return (settings.security().certificate() == null ? "http://" : "https://") + text(http);
  }

  /** {@code host:port} of health and metrics; empty without. */
  public String ops() {
    return text(ops);
  }

  /** What a counter of {@code /metrics} has counted, over all its labels; 0 if there is none. */
  public double counted(String counter) {
    return metrics.find(counter).functionCounters().stream()
            .mapToDouble(FunctionCounter::count)
            .sum()
        + metrics.find(counter).counters().stream().mapToDouble(Counter::count).sum();
  }

  private static String text(@Nullable InetSocketAddress address) {
    return address == null ? "" : address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  private void closeAfter(Exception first) {
    try {
      close();
    } catch (RuntimeException e) {
      first.addSuppressed(e);
    }
  }

  private static String messageOf(Exception e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  /** Stops every part, even if one of them fails, and reports the first failure. */
  @Override
  public void close() {
    serves = () -> false;
    CommandFailure failure = null;
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      long began = System.nanoTime();
      try {
        part.close();
        LOG.info(
            "stopped {} in {} ms",
            part.getClass().getSimpleName(),
            (System.nanoTime() - began) / 1_000_000);
      } catch (Exception e) {
        if (failure == null) {
          failure =
              new CommandFailure(
                  "stopping " + part.getClass().getSimpleName() + ": " + messageOf(e), e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
