package dev.skein.system.cluster;

import dev.skein.cli.kafka.LoopbackPort;
import dev.skein.cli.kafka.ShardOwners;
import dev.skein.kernels.Kernels;
import dev.skein.proto.Shards;
import dev.skein.proto.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;

/**
 * Brokers, workers and routers on fixed ports of the loopback interface, so that one which died can
 * be started again where it was. Nodes are told nothing of each other: they meet through Kafka.
 */
final class Cluster implements AutoCloseable {
  /**
   * Of processes that live for a minute only kernels in Java are worth the optimising compiler, and
   * it takes its processor time when many of them start. What is left of warming up is compiled
   * early, because the interpreter takes more.
   */
  static final String LIGHT_JVM =
      "-Xmx256m -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=0.2";

  private static final String KERNEL_JVM = "-Xmx256m";

  /** A folder for what workers and routers log, to read after a run by hand; empty: nothing. */
  private static final String LOGS = System.getProperty("skein.chaos.logs", "");

  /**
   * How many of what.
   *
   * @param stepsPerSecond of each worker's engine; 0 for no limit
   * @param shards of the pool
   */
  record Shape(int brokers, int workers, int routers, int stepsPerSecond, int shards) {
    Shape(int brokers, int workers, int routers, int stepsPerSecond) {
      this(brokers, workers, routers, stepsPerSecond, Topics.DEFAULT_SHARDS);
    }

    int nodes() {
      return workers + routers;
    }
  }

  static String workerJvm() {
    return Kernels.fastest().name().startsWith("native") ? LIGHT_JVM : KERNEL_JVM;
  }

  private final Path folder;
  private final Shape shape;
  private final Network network;
  private final List<Node> brokers = new ArrayList<>();
  private final List<Node> routers = new ArrayList<>();
  private final List<String> apis = new ArrayList<>();

  /** By the address that the shard records name. */
  private final Map<String, Node> workers = new TreeMap<>();

  private final String kafka;
  private final ShardOwners owners;

  private Cluster(Path folder, Shape shape, Network network) {
    this.folder = folder;
    this.shape = shape;
    this.network = network;
    this.kafka = startBrokers(shape.brokers());
    this.owners = new ShardOwners(kafka, Topics.main());
  }

  /** Starts all, and returns when every one of them serves. */
  static Cluster start(Path folder, Shape shape) {
    return start(folder, shape, Network.ofOneHost());
  }

  /**
   * The same in a network of several hosts: each worker, then each router has its own, and the
   * brokers share another one.
   */
  static Cluster start(Path folder, Shape shape, Network network) {
    Cluster cluster = new Cluster(folder, shape, network);
    try {
      for (int i = 0; i < shape.workers(); i++) {
        Network.Host host = network.host(i);
        String address = host.address() + ":" + LoopbackPort.free();
        cluster.workers.put(address, cluster.worker(host, address));
      }
      for (int i = 0; i < shape.routers(); i++) {
        Network.Host host = network.host(shape.workers() + i);
        String http = host.address() + ":" + LoopbackPort.free();
        cluster.apis.add("http://" + http + "/v1");
        cluster.routers.add(cluster.router(host, http));
      }
      cluster.awaitReady();
      return cluster;
    } catch (RuntimeException | AssertionError e) {
      cluster.close();
      throw e;
    }
  }

  private String startBrokers(int count) {
    List<String> listeners = new ArrayList<>();
    List<String> controllers = new ArrayList<>();
    List<String> voters = new ArrayList<>();
    for (int id = 1; id <= count; id++) {
      listeners.add(network.brokers().address() + ":" + LoopbackPort.free());
      controllers.add(network.brokers().address() + ":" + LoopbackPort.free());
      voters.add(id + "@" + controllers.getLast());
    }
    for (int id = 1; id <= count; id++) {
      brokers.add(
          run(
              network.brokers(),
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
              controllers.get(id - 1),
              "--voters",
              String.join(",", voters)));
    }
    brokers.forEach(Node::awaitReady);
    return String.join(",", listeners);
  }

  private Node worker(Network.Host host, String address) {
    return run(
        host,
        "worker",
        workerJvm(),
        "worker",
        "--kafka",
        kafka,
        "--bind",
        address,
        "--ops",
        host.address() + ":0",
        "--threads",
        "1",
        "--shards",
        Integer.toString(shape.shards()),
        "--steps-per-second",
        Integer.toString(shape.stepsPerSecond()));
  }

  private Node router(Network.Host host, String http) {
    return run(
        host,
        "router",
        LIGHT_JVM,
        "router",
        "--kafka",
        kafka,
        "--bind",
        host.address() + ":0",
        "--http",
        http);
  }

  private Node run(Network.Host host, String name, String jvm, String... arguments) {
    boolean isLogged = !LOGS.isEmpty() && !name.equals("broker");
    List<String> all = new ArrayList<>(List.of(arguments));
    if (isLogged) {
      all.add("--verbose");
    }
    Path out = isLogged ? Path.of(LOGS) : folder;
    return Node.start(new Node.Command(out, name, host.through(), jvm, List.copyOf(all)));
  }

  /** Starts anew whatever has died, where it was; it may not be ready yet. */
  void replaceDead() {
    brokers.replaceAll(Node::again);
    workers.replaceAll((address, node) -> node.again());
    routers.replaceAll(Node::again);
  }

  void awaitReady() {
    nodes().forEach(Node::awaitReady);
  }

  /** Whether every process that was started serves. */
  boolean isReady() {
    return nodes().allMatch(Node::serves);
  }

  private Stream<Node> nodes() {
    return Stream.of(brokers, workers.values(), routers).flatMap(Collection::stream);
  }

  String kafka() {
    return kafka;
  }

  List<Node> brokers() {
    return List.copyOf(brokers);
  }

  List<Node> workers() {
    return List.copyOf(workers.values());
  }

  List<Node> routers() {
    return List.copyOf(routers);
  }

  /** Roots of the routers' APIs, with {@code /v1}. */
  List<String> apis() {
    return List.copyOf(apis);
  }

  /** The shards that a worker owns now, as their records say. */
  Set<Integer> shardsOf(Node worker) {
    Set<Integer> shards = new HashSet<>();
    owners
        .all()
        .forEach((shard, owner) -> {
          if (workers.get(owner.replaceFirst(".*@", "")) == worker) {
            shards.add(shard);
          }
        });
    return shards;
  }

  /** The host of a worker. */
  Network.Host hostOf(Node worker) {
    String address =
        workers.entrySet().stream()
            .filter(entry -> entry.getValue() == worker)
            .map(entry -> entry.getKey().replaceFirst(":.*", ""))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(worker.name() + " is none of ours"));
    return network.at(address);
  }

  /** How many shards there are. */
  int shards() {
    return shape.shards();
  }

  /** The shard of a session. */
  int shardOf(String session) {
    return Shards.of(session, shape.shards());
  }

  /** The worker that owns the shard of a session now. */
  Node ownerOf(String session) {
    int shard = shardOf(session);
    return workers.values().stream()
        .filter(worker -> shardsOf(worker).contains(shard))
        .findFirst()
        .orElseThrow(() -> new AssertionError("nobody of ours owns " + session));
  }

  /** The broker that leads the quorum of controllers. */
  Node controller() {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
      int leader = admin.describeMetadataQuorum().quorumInfo().get(30, TimeUnit.SECONDS).leaderId();
      return brokers.get(leader - 1);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("no broker says who the controller is", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Processor time of all processes that live. */
  Duration processorTime() {
    return nodes().map(Node::processorTime).reduce(Duration.ZERO, Duration::plus);
  }

  @Override
  public void close() {
    // An interrupted test closes too, and the consumer of owners refuses to then.
    nodes().forEach(Node::close);
    owners.close();
  }
}
