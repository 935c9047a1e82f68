package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A cluster with streams on it, to which faults happen one after another. After each, the streams
 * go on before what was broken is mended; and whatever ends equals the oracle.
 */
final class Chaos implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final int KILLED = 137;

  /** Longer than it takes to notice a cut, to restart and to notice it again. */
  private static final Duration HELD = Duration.ofSeconds(12);

  private static final double SATURATED = 0.7;
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final Duration LONGER_WARM_UP = Duration.ofSeconds(40);

  private final Cluster cluster;
  private final KcatTranscript kcat;
  private final NpmTranscript npm;
  private final Flock flock;
  private final Gaps gaps = new Gaps();
  private final List<Load> loads = new ArrayList<>();
  private final Random random = new Random(1);

  private Chaos(Cluster cluster, KcatTranscript kcat, NpmTranscript npm, Flock flock) {
    this.cluster = cluster;
    this.kcat = kcat;
    this.npm = npm;
    this.flock = flock;
  }

  /**
   * Starts a cluster and its first streams; skips the test where a client is not installed.
   *
   * @param streams how many run at a time
   * @param tokens of each
   */
  static Chaos start(Path folder, Cluster.Shape shape, int streams, int tokens) throws Exception {
    return start(folder, shape, Network.ofOneHost(), streams, tokens);
  }

  /** The same in a network of several hosts. */
  static Chaos start(Path folder, Cluster.Shape shape, Network network, int streams, int tokens)
      throws Exception {
    Process there = new ProcessBuilder("sh", "-c", "command -v kcat").start();
    Assumptions.assumeTrue(
        there.waitFor() == 0, "kcat is not installed (Debian: apt install kcat)");
    Assumptions.assumeTrue(
        NpmTranscript.isInstalled(),
        "the npm client openai is not installed: .ci/install does it where there is npm");
    List<Piece> pieces = Piece.some(Math.min(streams, 24), tokens);
    CompletableFuture<Oracle> oracle = CompletableFuture.supplyAsync(() -> new Oracle(pieces));
    long began = System.nanoTime();
    Cluster cluster = Cluster.start(folder, shape, network);
    System.out.printf("%s serves after %d ms%n", shape, (System.nanoTime() - began) / 1_000_000);
    KcatTranscript kcat = KcatTranscript.start(cluster.kafka(), folder);
    NpmTranscript npm = NpmTranscript.start(folder);
    Chaos chaos =
        new Chaos(cluster, kcat, npm, new Flock(cluster, kcat, npm, oracle.join(), pieces));
    try {
      chaos.flock.begin(streams);
      return chaos;
    } catch (RuntimeException | AssertionError e) {
      chaos.close();
      throw e;
    }
  }

  Cluster cluster() {
    return cluster;
  }

  Flock flock() {
    return flock;
  }

  Gaps gaps() {
    return gaps;
  }

  /**
   * Lets the streams run until what runs every few milliseconds is compiled; longer where the
   * machine is still busy with that.
   */
  void warmUp() {
    flock.run(WARM_UP);
    long until = System.nanoTime() + LONGER_WARM_UP.toNanos();
    Load load;
    do {
      load = Load.during(cluster, () -> flock.run(Duration.ofSeconds(4)));
    } while (load.machine() > SATURATED && System.nanoTime() - until < 0);
  }

  /** Lets the streams run without a fault, and measures how busy the machine is. */
  void calm(Duration time) {
    loads.add(Load.during(cluster, () -> flock.run(time)));
  }

  /** Whether so busy a machine has processor time to spare: bounds on time hold, or it says so. */
  static boolean hasAir(double busy) {
    boolean isSaturated = busy > SATURATED;
    if (isSaturated) {
      System.out.printf("the machine was %.0f %% busy: no bounds on time%n", 100 * busy);
    }
    return !isSaturated;
  }

  /** The busiest share of the machine that was seen while nothing went wrong. */
  double busiest() {
    return busy().max().orElse(1);
  }

  /** The median of these shares. */
  double usuallyBusy() {
    return busy().sorted().skip(loads.size() / 2).findFirst().orElse(1);
  }

  private DoubleStream busy() {
    return loads.stream().mapToDouble(Load::machine);
  }

  /**
   * A worker is cut off from all other nodes until others own its shards; then the nodes hear each
   * other again.
   */
  void strike(Network network) {
    Victim victim = worker();
    Network.Host host = cluster.hostOf(victim.node());
    long sinceMs = System.currentTimeMillis();
    network.cut(host);
    flock.runUntil(
        "its shards are owned elsewhere",
        PATIENCE,
        () -> cluster.shardsOf(victim.node()).isEmpty());
    long ownedMs = System.currentTimeMillis();
    flock.runUntil(
        "streams go on",
        PATIENCE,
        () -> victim.streams().stream().allMatch(stream -> flock.goesOn(stream, ownedMs)));
    System.out.printf(
        "cut off at %s: pid %d, %d streams, e.g. %s; owned elsewhere after %d ms, longest wait of a"
            + " client %d ms%n",
        Instant.ofEpochMilli(sinceMs),
        victim.node().pid(),
        victim.streams().size(),
        victim.example(),
        ownedMs - sinceMs,
        flock.gapMs(victim.streams(), sinceMs));
    network.heal(host);
    flock.runUntil(
        "it owns shards again", PATIENCE, () -> !cluster.shardsOf(victim.node()).isEmpty());
    assertThat(victim.node().isAlive()).isTrue();
  }

  /**
   * Two workers do not hear each other, while all other nodes hear both: one of them goes on, the
   * other one is back when they hear each other again. Until then nothing moves to and fro.
   */
  void strikePair(Network network) {
    Victim victim = worker();
    Node one = victim.node();
    Node two = cluster.workers().stream().filter(node -> node != one).findFirst().orElseThrow();
    long sinceMs = System.currentTimeMillis();
    network.cut(cluster.hostOf(one), cluster.hostOf(two));
    flock.runUntil("the cut is noticed", PATIENCE, () -> cluster.shardsOf(one).isEmpty());
    long noticedMs = System.currentTimeMillis();
    int half = cluster.shards() / 2;
    flock.runUntil(
        "one of them has its share again",
        PATIENCE,
        () -> Stream.of(one, two).anyMatch(node -> cluster.shardsOf(node).size() == half));
    long sharedMs = System.currentTimeMillis();
    List<Set<Integer>> shards = cluster.workers().stream().map(cluster::shardsOf).toList();
    flock.run(HELD);
    assertThat(cluster.workers().stream().map(cluster::shardsOf))
        .as("shards of the workers, a while later")
        .containsExactlyElementsOf(shards);
    flock.runUntil(
        "streams go on",
        PATIENCE,
        () -> victim.streams().stream().allMatch(stream -> flock.goesOn(stream, sharedMs)));
    System.out.printf(
        "cut off from each other at %s: pids %d and %d; owned elsewhere after %d ms, one back after"
            + " %d ms, longest wait of a client %d ms%n",
        Instant.ofEpochMilli(sinceMs),
        one.pid(),
        two.pid(),
        noticedMs - sinceMs,
        sharedMs - sinceMs,
        flock.gapMs(victim.streams(), sinceMs));
    network.heal(cluster.hostOf(one), cluster.hostOf(two));
    flock.runUntil(
        "every worker owns shards",
        PATIENCE,
        () -> cluster.workers().stream().noneMatch(node -> cluster.shardsOf(node).isEmpty()));
    mend();
  }

  /**
   * One fault, from the choice of its victim until every stream goes on and what died is started
   * again.
   */
  void strike(Fault fault) {
    Victim victim = choose(fault);
    double takeovers = fault == Fault.WORKER_DRAINED ? takeovers(victim.node()) : 0;
    long sinceMs = System.currentTimeMillis();
    String how = hit(fault, victim.node());
    flock.runUntil(
        "streams go on after " + fault,
        PATIENCE.plusSeconds(fault.seconds()),
        () -> victim.streams().stream().allMatch(stream -> flock.goesOn(stream, sinceMs)));
    if (fault.signal() == Fault.Signal.STOP) {
      long restMs = sinceMs + 1000L * fault.seconds() - System.currentTimeMillis();
      flock.run(Duration.ofMillis(Math.max(0, restMs)));
      victim.node().signal("CONT");
    }
    List<Long> waits = flock.gapsMs(victim.streams(), sinceMs);
    long gapMs = waits.stream().mapToLong(Long::longValue).max().orElse(0);
    gaps.add(fault.name(), waits);
    System.out.printf(
        "%s at %s: pid %d, %s, %d streams, e.g. %s; longest wait of a client %d ms%n",
        fault,
        Instant.ofEpochMilli(sinceMs),
        victim.node().pid(),
        how,
        victim.streams().size(),
        victim.example(),
        gapMs);
    if (fault == Fault.WORKER_DRAINED) {
      assertThat(takeovers(victim.node()))
          .as("shards that were not given back")
          .isEqualTo(takeovers);
    }
    cluster.replaceDead();
  }

  /** Waits until everything serves again, and until a worker that came new has its share. */
  void share() {
    long sinceMs = System.currentTimeMillis();
    mend();
    int fair = cluster.shards() / cluster.workers().size();
    flock.runUntil(
        "every worker has its share",
        PATIENCE,
        () -> cluster.workers().stream().allMatch(one -> cluster.shardsOf(one).size() >= fair));
    flock.run(Duration.ofMillis(500));
    List<Long> waits = flock.gapsMs(flock.heard(), sinceMs);
    gaps.add("WORKER_JOINED", waits);
    System.out.printf(
        "shared within %d ms, longest wait of a client %d ms%n",
        System.currentTimeMillis() - sinceMs,
        waits.stream().mapToLong(Long::longValue).max().orElse(0));
  }

  /** Shards that other workers have taken from an owner that did not give them back. */
  private double takeovers(Node leaving) {
    return cluster.workers().stream()
        .filter(worker -> worker != leaving && worker.serves())
        .mapToDouble(worker -> worker.metric("skein_shard_takeovers_total"))
        .sum();
  }

  /** Waits until everything serves again. */
  void mend() {
    flock.runUntil("everything serves again", PATIENCE, cluster::isReady);
  }

  /** Waits until so much serves again that the next worker may die. */
  void mendEnough() {
    flock.runUntil(
        "two workers serve",
        PATIENCE,
        () -> cluster.workers().stream().filter(Node::serves).count() > 1);
  }

  private static String hit(Fault fault, Node node) {
    return switch (fault.signal()) {
      case KILL -> {
        int code = node.kill();
        assertThat(code).isEqualTo(KILLED);
        yield "exit " + code;
      }
      case TERM -> {
        int code = node.stop();
        assertThat(code).as(node.errors()).isZero();
        yield "exit " + code;
      }
      case STOP -> {
        node.signal("STOP");
        yield "stopped for " + fault.seconds() + " s";
      }
    };
  }

  /**
   * Whom it strikes.
   *
   * @param streams that the victim serves
   * @param example one of them, and how far it has come
   */
  private record Victim(Node node, List<String> streams, String example) {}

  private Victim choose(Fault fault) {
    return switch (fault.role()) {
      case WORKER -> worker();
      case ROUTER -> {
        int router = random.nextInt(cluster.routers().size());
        flock.runUntil("streams at a router", PATIENCE, () -> !flock.heardFrom(router).isEmpty());
        List<String> streams = flock.heardFrom(router);
        yield new Victim(cluster.routers().get(router), streams, streams.getFirst());
      }
      case BROKER -> {
        List<Node> others = new ArrayList<>(cluster.brokers());
        others.remove(cluster.controller());
        yield everybody(others.get(random.nextInt(others.size())));
      }
      case CONTROLLER -> everybody(cluster.controller());
    };
  }

  private Victim everybody(Node broker) {
    flock.runUntil("streams are heard", PATIENCE, () -> !flock.heard().isEmpty());
    return new Victim(broker, flock.heard(), flock.heard().getFirst());
  }

  /** A worker of which streams are between a tenth and nine tenths of their way. */
  private Victim worker() {
    List<Victim> found = new ArrayList<>();
    flock.runUntil(
        "a worker has streams under way",
        PATIENCE,
        () -> {
          Node worker = cluster.workers().get(random.nextInt(cluster.workers().size()));
          Map<String, Integer> streams = flock.underWay(worker);
          if (streams.keySet().stream().anyMatch(flock.heard()::contains)) {
            String example = streams.entrySet().iterator().next().toString();
            found.add(new Victim(worker, List.copyOf(streams.keySet()), example));
          }
          return !found.isEmpty();
        });
    return found.getFirst();
  }

  /** Lets all streams end, and says what was seen. */
  void land() {
    flock.land(PATIENCE);
    System.out.printf("%d streams, each equal to the oracle%n%s%s%n", flock.whole(), gaps, loads);
    for (Node worker : cluster.workers()) {
      double count = worker.metric("skein_shard_acquisition_seconds_count");
      double sum = worker.metric("skein_shard_acquisition_seconds_sum");
      System.out.printf(
          "worker %d acquired %.0f shards, each within %.0f ms on average, %.0f takeovers%n",
          worker.pid(),
          count,
          count == 0 ? 0 : 1_000 * sum / count,
          worker.metric("skein_shard_takeovers_total"));
    }
  }

  @Override
  public void close() {
    try {
      cluster.close();
    } finally {
      npm.close();
      kcat.close();
    }
  }
}
