package dev.skein.system.cluster;

import dev.skein.cli.kafka.LoopbackPort;
import dev.skein.cli.kafka.ShardOwners;
import dev.skein.proto.Shards;
import dev.skein.proto.Topics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Brokers, workers and routers on free ports of the loopback interface. Nodes are told nothing of
 * each other: they meet through Kafka.
 */
final class Cluster implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1:";
  private static final String WORKER_JVM = "-Xmx192m";

  /** Only kernels are worth the optimising compiler in processes that live for a minute. */
  private static final String LIGHT_JVM = "-Xmx256m -XX:TieredStopAtLevel=1";

  private final Path folder;
  private final List<Node> brokers = new ArrayList<>();
  private final List<Node> routers = new ArrayList<>();

  /** By the address that the shard records name; a worker that died is replaced at its address. */
  private final Map<String, Node> workers = new TreeMap<>();

  private final String kafka;
  private final ShardOwners owners;

  private Cluster(Path folder, int brokers) {
    this.folder = folder;
    this.kafka = brokers == 1 ? oneBroker() : manyBrokers(brokers);
    this.owners = new ShardOwners(kafka, Topics.main());
  }

  /** Starts all, and a router, and returns when every one of them serves. */
  static Cluster start(Path folder, int brokers, int workers) {
    Cluster cluster = new Cluster(folder, brokers);
    try {
      for (int i = 0; i < workers; i++) {
        String address = LOOPBACK + LoopbackPort.free();
        cluster.workers.put(address, cluster.worker(address));
      }
      cluster.addRouter();
      cluster.workers.values().forEach(Node::awaitReady);
      cluster.routers.forEach(Node::awaitReady);
      return cluster;
    } catch (RuntimeException | AssertionError e) {
      cluster.close();
      throw e;
    }
  }

  /** Starts one more router. */
  Node addRouter() {
    Node router = run("router", LIGHT_JVM, "router", "--kafka", kafka, "--http", LOOPBACK + 0);
    routers.add(router);
    return router;
  }

  private String oneBroker() {
    Node broker =
        run(
            "broker",
            LIGHT_JVM,
            "broker",
            "--bind",
            LOOPBACK + 0,
            "--data",
            folder.resolve("broker").toString());
    brokers.add(broker);
    return broker.awaitReady().field("kafka");
  }

  private String manyBrokers(int count) {
    List<String> listeners = new ArrayList<>();
    List<String> voters = new ArrayList<>();
    for (int id = 1; id <= count; id++) {
      listeners.add(LOOPBACK + LoopbackPort.free());
      voters.add(id + "@" + LOOPBACK + LoopbackPort.free());
    }
    for (int id = 1; id <= count; id++) {
      brokers.add(
          run(
              "broker",
              LIGHT_JVM,
              "broker",
              "--bind",
              listeners.get(id - 1),
              "--data",
              folder.resolve("broker-" + id).toString(),
              "--id",
              Integer.toString(id),
              "--controller",
              voters.get(id - 1).replaceFirst(".*@", ""),
              "--voters",
              String.join(",", voters)));
    }
    brokers.forEach(Node::awaitReady);
    return String.join(",", listeners);
  }

  private Node worker(String address) {
    return run(
        "worker", WORKER_JVM, "worker", "--kafka", kafka, "--bind", address, "--threads", "1");
  }

  private Node run(String name, String jvm, String... arguments) {
    return Node.start(folder, name, jvm, List.of(arguments));
  }

  /** Starts a worker anew wherever one has died; they may not be ready yet. */
  void replaceDead() {
    workers.replaceAll((address, node) -> node.isAlive() ? node : worker(address));
  }

  void awaitReady() {
    workers.values().forEach(Node::awaitReady);
  }

  String kafka() {
    return kafka;
  }

  /** Root of a router's API, with {@code /v1}. */
  String api(int router) {
    return "http://" + routers.get(router).field("http") + "/v1";
  }

  /** The worker that owns the shard of a session now, as its record says. */
  Node ownerOf(String session) {
    String owner = owners.owner(Shards.of(session, Topics.DEFAULT_SHARDS)).replaceFirst(".*@", "");
    Node node = workers.get(owner);
    if (node == null) {
      throw new AssertionError("the owner of " + session + " is none of ours: '" + owner + "'");
    }
    return node;
  }

  @Override
  public void close() {
    owners.close();
    routers.forEach(Node::close);
    workers.values().forEach(Node::close);
    brokers.forEach(Node::close);
  }
}
