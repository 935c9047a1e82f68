package dev.skein.store.kafka;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/** One real broker in the tests' process, made at first use, on loopback, gone with the process. */
public final class TestBroker {

  private final int port;

  private TestBroker(int port) {
    this.port = port;
  }

  private static final class Shared {
    private static final TestBroker BROKER = start();
  }

  /** What clients of the broker are given. */
  public static Properties clients() {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", "127.0.0.1:" + Shared.BROKER.port);
    return properties;
  }

  private static TestBroker start() {
    try {
      Path folder = Files.createTempDirectory("skein-test-broker");
      int port = freePort();
      int controller = freePort();
      new Formatter()
          .setPrintStream(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
          .setClusterId(Uuid.randomUuid().toString())
          .setNodeId(1)
          .setDirectories(List.of(folder.toString()))
          .setMetadataLogDirectory(folder.toString())
          .setControllerListenerName("CONTROLLER")
          .setReleaseVersion(MetadataVersion.latestProduction())
          .setUnstableFeatureVersionsEnabled(false)
          .run();
      KafkaRaftServer server =
          new KafkaRaftServer(
              new KafkaConfig(settings(folder, port, controller), false), Time.SYSTEM);
      server.startup();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, folder)));
      return new TestBroker(port);
    } catch (Exception e) {
      throw new IllegalStateException("No broker for the tests.", e);
    }
  }

  private static void stop(KafkaRaftServer server, Path folder) {
    server.shutdown();
    server.awaitShutdown();
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(java.util.Comparator.reverseOrder()).forEach(TestBroker::delete);
    } catch (IOException | UncheckedIOException e) {
      // A temporary folder that stays does no harm.
      return;
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Object> settings(Path folder, int port, int controller) {
    Map<String, Object> s = new HashMap<>();
    s.put("process.roles", "broker,controller");
    s.put("node.id", 1);
    s.put("log.dirs", folder.toString());
    s.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller);
    s.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    s.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    s.put("controller.listener.names", "CONTROLLER");
    s.put("controller.quorum.voters", "1@127.0.0.1:" + controller);
    s.put("offsets.topic.replication.factor", (short) 1);
    s.put("offsets.topic.num.partitions", 1);
    s.put("transaction.state.log.replication.factor", (short) 1);
    s.put("transaction.state.log.min.isr", 1);
    s.put("transaction.state.log.num.partitions", 1);
    s.put("add.partitions.to.txn.retry.backoff.ms", 1);
    s.put("auto.create.topics.enable", false);
    s.put("log.cleaner.dedupe.buffer.size", 16L << 20);
    s.put("log.cleaner.backoff.ms", 50);
    s.put("log.initial.task.delay.ms", 100L);
    s.put("log.retention.check.interval.ms", 200L);
    return s;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
