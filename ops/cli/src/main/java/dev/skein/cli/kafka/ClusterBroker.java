package dev.skein.cli.kafka;

import dev.skein.cli.CommandFailure;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A Kafka broker and controller of its own process, alone or one of a few that make a cluster. Its
 * timeouts are those of a cluster in one place: a dead broker's partitions have new leaders after
 * about three seconds.
 */
public final class ClusterBroker implements AutoCloseable {
  private static final short COPIES = 3;

  private final KafkaRaftServer server;

  private ClusterBroker(KafkaRaftServer server) {
    this.server = server;
  }

  /**
   * Where a broker stands.
   *
   * @param id its number, unique among the voters
   * @param listener {@code host:port} for clients and other brokers
   * @param advertised {@code host:port} that clients and other brokers are told
   * @param controller {@code host:port} of the controllers' own talk
   * @param voters {@code id@host:port,…} of all controllers, this one included; the same text for
   *     all brokers of a cluster, since the cluster's id is made of it
   */
  public record Site(int id, String listener, String advertised, String controller, String voters) {

    int brokers() {
      return voters.split(",", -1).length;
    }
  }

  /**
   * Starts the broker and returns when it serves, which needs a majority of the voters.
   *
   * @param folder where the log lives; the caller holds it for itself
   * @throws CommandFailure in one sentence
   */
  public static ClusterBroker start(Path folder, Site site) {
    try {
      Files.createDirectories(folder);
      if (!Files.exists(folder.resolve("meta.properties"))) {
        format(folder, site);
      }
      KafkaRaftServer server =
          new KafkaRaftServer(new KafkaConfig(settings(folder, site), false), Time.SYSTEM);
      server.startup();
      return new ClusterBroker(server);
    } catch (Exception e) {
      throw new CommandFailure("the Kafka broker could not start on " + folder + ": " + root(e), e);
    }
  }

  private static void format(Path folder, Site site) throws Exception {
    new Formatter()
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .setClusterId(clusterId(site).toString())
        .setNodeId(site.id())
        .setDirectories(List.of(folder.toString()))
        .setMetadataLogDirectory(folder.toString())
        .setControllerListenerName("CONTROLLER")
        .setReleaseVersion(MetadataVersion.latestProduction())
        .setUnstableFeatureVersionsEnabled(false)
        .run();
  }

  /**
   * The same for all that are started with the same voters, so that nobody has to hand it round.
   */
  private static Uuid clusterId(Site site) throws NoSuchAlgorithmException {
    if (site.brokers() == 1) {
      return Uuid.randomUuid();
    }
    String voters =
        Arrays.stream(site.voters().split(",", -1)).sorted().collect(Collectors.joining(","));
    ByteBuffer digest =
        ByteBuffer.wrap(
            MessageDigest.getInstance("SHA-256")
                .digest(("skein " + voters).getBytes(StandardCharsets.UTF_8)));
    return new Uuid(digest.getLong(), digest.getLong());
  }

  private static Map<String, Object> settings(Path folder, Site site) {
    Map<String, Object> s = new HashMap<>();
    s.put("process.roles", "broker,controller");
    s.put("node.id", site.id());
    s.put("log.dirs", folder.toString());
    s.put("listeners", "CLIENT://" + site.listener() + ",CONTROLLER://" + site.controller());
    s.put("advertised.listeners", "CLIENT://" + site.advertised());
    s.put("listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    s.put("inter.broker.listener.name", "CLIENT");
    s.put("controller.listener.names", "CONTROLLER");
    s.put("controller.quorum.voters", site.voters());
    copies(s, site.brokers());
    quick(s);
    s.put("add.partitions.to.txn.retry.backoff.ms", 1);
    s.put("transaction.max.timeout.ms", 60_000);
    s.put("auto.create.topics.enable", false);
    s.put("unclean.leader.election.enable", false);
    s.put("log.cleaner.dedupe.buffer.size", 32L << 20);
    s.put("num.network.threads", 2);
    s.put("num.io.threads", 4);
    s.put("num.recovery.threads.per.data.dir", 2);
    return s;
  }

  private static void copies(Map<String, Object> s, int brokers) {
    short copies = brokers >= COPIES ? COPIES : 1;
    int inSync = copies == COPIES ? 2 : 1;
    s.put("default.replication.factor", (int) copies);
    s.put("min.insync.replicas", inSync);
    s.put("offsets.topic.replication.factor", copies);
    s.put("offsets.topic.num.partitions", 4);
    s.put("transaction.state.log.replication.factor", copies);
    s.put("transaction.state.log.min.isr", inSync);
    s.put("transaction.state.log.num.partitions", 8);
    s.put("share.coordinator.state.topic.replication.factor", copies);
    s.put("share.coordinator.state.topic.min.isr", (short) inSync);
    s.put("share.coordinator.state.topic.num.partitions", 1);
    s.put("group.initial.rebalance.delay.ms", 0);
  }

  private static void quick(Map<String, Object> s) {
    s.put("broker.heartbeat.interval.ms", 500);
    s.put("broker.session.timeout.ms", 3_000);
    s.put("controller.quorum.election.timeout.ms", 500);
    s.put("controller.quorum.fetch.timeout.ms", 1_000);
    s.put("controller.quorum.request.timeout.ms", 1_000);
    s.put("replica.lag.time.max.ms", 5_000L);
    // A transaction is over when the brokers it touched have said so: one that stands still is
    // asked no longer than this, then whoever leads its partitions now.
    s.put("request.timeout.ms", 5_000);
  }

  private static String root(Throwable e) {
    Throwable t = e;
    while (t.getCause() != null) {
      t = t.getCause();
    }
    return t.getMessage() == null ? t.toString() : t.getMessage();
  }

  /** Writes everything out and stops. */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }
}
