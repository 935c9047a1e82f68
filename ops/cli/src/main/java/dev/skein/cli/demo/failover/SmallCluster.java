package dev.skein.cli.demo.failover;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.kafka.LoopbackPort;
import dev.skein.cli.kafka.ShardOwners;
import dev.skein.proto.Topics;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A broker, three workers and a router on this machine, each a process. */
final class SmallCluster implements AutoCloseable {
  private static final int WORKERS = 3;
  private static final String LOOPBACK = "127.0.0.1:";

  private final List<RoleProcess> processes = new ArrayList<>();
  private final Map<String, RoleProcess> workers = new HashMap<>();
  private final Duration patience;
  private String kafka = "";
  private String url = "";

  private SmallCluster(Duration patience) {
    this.patience = patience;
  }

  /**
   * Starts all and returns when they serve.
   *
   * @param model arguments that name the model
   */
  static SmallCluster start(Path folder, List<String> model, Duration patience) {
    SmallCluster cluster = new SmallCluster(patience);
    try {
      cluster.start(folder, model);
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private void start(Path folder, List<String> model) {
    RoleProcess broker =
        run(
            folder,
            "broker",
            List.of("broker", "--bind", LOOPBACK + 0, "--data", folder.resolve("data").toString()));
    List<String> nodes = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      nodes.add(LOOPBACK + LoopbackPort.free());
    }
    String join = String.join(",", nodes);
    broker.awaitReady(patience);
    kafka = broker.field("kafka");
    for (int i = 0; i < WORKERS; i++) {
      List<String> line =
          new ArrayList<>(
              List.of("worker", "--kafka", kafka, "--bind", nodes.get(i), "--join", join));
      line.addAll(model);
      workers.put(nodes.get(i), run(folder, "worker-" + (i + 1), line));
    }
    RoleProcess router =
        run(
            folder,
            "router",
            List.of("router", "--kafka", kafka, "--http", LOOPBACK + 0, "--join", join));
    workers.values().forEach(worker -> worker.awaitReady(patience));
    router.awaitReady(patience);
    url = "http://" + router.field("http");
  }

  private RoleProcess run(Path folder, String name, List<String> line) {
    RoleProcess process = RoleProcess.start(folder, name, line);
    processes.add(process);
    return process;
  }

  List<RoleProcess> processes() {
    return List.copyOf(processes);
  }

  String kafka() {
    return kafka;
  }

  /** Root of the router's API, without {@code /v1}. */
  String url() {
    return url;
  }

  /** The worker that owns a shard now. */
  RoleProcess ownerOf(int shard) {
    try (ShardOwners owners = new ShardOwners(kafka, Topics.main())) {
      String address = owners.owner(shard).replaceFirst(".*@", "");
      RoleProcess owner = workers.get(address);
      if (owner == null) {
        throw new CommandFailure("shard " + shard + " is owned by nobody of us: " + address);
      }
      return owner;
    }
  }

  /** Tokens that the living workers read again instead of drawing them. */
  long tokensRunAgain() {
    return workers.values().stream()
        .filter(RoleProcess::isAlive)
        .mapToLong(worker -> metric(worker.field("ops"), "skein_replay_tokens_total"))
        .sum();
  }

  private static long metric(String ops, String name) {
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + ops + "/metrics")).build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request, BodyHandlers.ofLines())
          .body()
          .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
          .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException e) {
      throw new CommandFailure("a worker does not show its metrics: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  @Override
  public void close() {
    processes.reversed().forEach(RoleProcess::close);
  }
}
