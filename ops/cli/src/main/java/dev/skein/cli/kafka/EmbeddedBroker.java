package dev.skein.cli.kafka;

import dev.skein.cli.CommandFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.metrics.KafkaYammerMetrics;
import org.apache.kafka.server.util.ShutdownableThread;

/**
 * A real Kafka broker in KRaft mode (broker and controller in one) inside this process, on the
 * loopback interface only. Its log lives under the given folder, is formatted once and keeps its
 * cluster id, so data survive a restart; what an unclean end leaves behind the broker mends itself
 * when it starts again.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private static final int NODE = 1;
  private static final String HOST = "127.0.0.1";

  /** What the broker does by the clock is to expire and to tidy up. */
  private static final Duration MAY_BE_LATE = Duration.ofMillis(100);

  /** Threads that look five times a second for what this broker never has: ACLs, a remote tier. */
  static final Set<String> NEEDLESS =
      Set.of(
          "ExpirationReaper-%d-AlterAcls".formatted(NODE),
          "ExpirationReaper-%d-RemoteFetch".formatted(NODE),
          "ExpirationReaper-%d-RemoteListOffsets".formatted(NODE));

  private final KafkaRaftServer server;
  private final int port;

  private EmbeddedBroker(KafkaRaftServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts the broker and returns when it serves.
   *
   * @param folder where the log lives; the caller holds it for itself
   * @param port of the listener; 0 takes a free one
   * @throws CommandFailure in one sentence: port taken, folder unusable
   */
  public static EmbeddedBroker start(Path folder, int port) {
    int listener = LoopbackPort.claim(port, "Kafka", "--kafka-port");
    int controller = LoopbackPort.free();
    try {
      Files.createDirectories(folder);
      if (!Files.exists(folder.resolve("meta.properties"))) {
        format(folder);
      }
      KafkaRaftServer server =
          new KafkaRaftServer(
              new KafkaConfig(settings(folder, listener, controller), false), Time.SYSTEM);
      TimerSlack.inherited(MAY_BE_LATE, server::startup);
      return new EmbeddedBroker(server, listener);
    } catch (Exception e) {
      throw new CommandFailure("the Kafka broker could not start on " + folder + ": " + root(e), e);
    }
  }

  private static void format(Path folder) throws Exception {
    new Formatter()
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .setClusterId(Uuid.randomUuid().toString())
        .setNodeId(NODE)
        .setDirectories(List.of(folder.toString()))
        .setMetadataLogDirectory(folder.toString())
        .setControllerListenerName("CONTROLLER")
        .setReleaseVersion(MetadataVersion.latestProduction())
        .setUnstableFeatureVersionsEnabled(false)
        .run();
  }

  private static Map<String, Object> settings(Path folder, int port, int controller) {
    Map<String, Object> s = new HashMap<>();
    s.put("process.roles", "broker,controller");
    s.put("node.id", NODE);
    s.put("log.dirs", folder.toString());
    s.put("listeners", "CLIENT://%s:%d,CONTROLLER://%s:%d".formatted(HOST, port, HOST, controller));
    s.put("advertised.listeners", "CLIENT://%s:%d".formatted(HOST, port));
    s.put("listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    s.put("inter.broker.listener.name", "CLIENT");
    s.put("controller.listener.names", "CONTROLLER");
    // The voter is this process: the port may be another one at every start.
    s.put("controller.quorum.voters", "%d@%s:%d".formatted(NODE, HOST, controller));
    oneBroker(s);
    littleWhenIdle(s);
    soonBackAfterAKill(s);
    // A next transaction may start before the markers of the last one are written; 20 ms of waiting
    // would show.
    s.put("add.partitions.to.txn.retry.backoff.ms", 1);
    // A producer that leaves a transaction open holds back the readers of its partition for at most
    // this long.
    s.put("transaction.max.timeout.ms", 60_000);
    s.put("auto.create.topics.enable", false);
    return s;
  }

  private static void oneBroker(Map<String, Object> s) {
    s.put("offsets.topic.replication.factor", (short) 1);
    s.put("offsets.topic.num.partitions", 1);
    s.put("transaction.state.log.replication.factor", (short) 1);
    s.put("transaction.state.log.min.isr", 1);
    s.put("transaction.state.log.num.partitions", 1);
    s.put("share.coordinator.state.topic.replication.factor", (short) 1);
    s.put("share.coordinator.state.topic.min.isr", (short) 1);
    s.put("share.coordinator.state.topic.num.partitions", 1);
    s.put("group.initial.rebalance.delay.ms", 0);
  }

  /**
   * A broker that was killed is refused as its own double until the session of its earlier life is
   * over, and asks again after ever longer pauses. Heartbeats are rare: each costs an idle process.
   */
  private static void soonBackAfterAKill(Map<String, Object> s) {
    s.put("broker.heartbeat.interval.ms", 5_000);
    s.put("broker.session.timeout.ms", 10_000);
  }

  /** Few threads: an idle broker sleeps. */
  private static void littleWhenIdle(Map<String, Object> s) {
    s.put("num.network.threads", 1);
    s.put("num.io.threads", 1);
    s.put("background.threads", 2);
    s.put("group.coordinator.threads", 1);
    s.put("num.recovery.threads.per.data.dir", 2);
    s.put("log.cleaner.dedupe.buffer.size", 16L << 20);
    s.put("metadata.max.idle.interval.ms", 0);
    s.put("metric.reporters", "");
    s.put("log.initial.task.delay.ms", 30_000L);
    // Without followers the end of the log is the high watermark, also after a kill.
    s.put("replica.high.watermark.checkpoint.interval.ms", 60_000L);
    // Nothing that somebody waits for waits for a clock, see MAY_BE_LATE.
    s.put("controller.quorum.append.linger.ms", 0);
    s.put("group.coordinator.append.linger.ms", 0);
  }

  private static String root(Throwable e) {
    Throwable t = e;
    while (t.getCause() != null) {
      t = t.getCause();
    }
    return t.getMessage() == null ? t.toString() : t.getMessage();
  }

  /** What clients put into {@code bootstrap.servers}. */
  public String address() {
    return HOST + ":" + port;
  }

  /**
   * Stops what wakes an idle broker for nothing: the clocks of its own rates, thirty wake-ups a
   * second that nobody here looks at, and the needless reapers. To be called when the topics are
   * there: what is first measured later keeps a clock.
   */
  public void stopNeedlessClocks() {
    KafkaYammerMetrics.defaultRegistry().shutdown();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread instanceof ShutdownableThread reaper && NEEDLESS.contains(thread.getName())) {
        reaper.initiateShutdown();
      }
    }
  }

  /** Writes everything out and stops; takes half a second. */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  /** The cluster id of a folder that was formatted before, for messages. */
  static String clusterId(Path folder) throws IOException {
    return Files.readAllLines(folder.resolve("meta.properties")).stream()
        .filter(line -> line.startsWith("cluster.id="))
        .map(line -> line.substring("cluster.id=".length()))
        .findFirst()
        .orElse("");
  }
}
