package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.kafka.LoopbackPort;
import dev.skein.cli.kafka.ShardOwners;
import dev.skein.proto.Topics;
import dev.skein.system.Checkout;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A broker, and a router before the pools of the owls and of the larks; workers are added. */
final class TwoPools implements AutoCloseable {
  static final List<String> NAMES = List.of("owls", "larks");
  static final int SHARDS = 4;
  static final JsonMapper JSON = new JsonMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Path folder;
  private final List<Node> nodes = new ArrayList<>();
  private final String kafka = "127.0.0.1:" + LoopbackPort.free();
  private String api = "";

  private TwoPools(Path folder) {
    this.folder = folder;
  }

  /** Only the broker. */
  static TwoPools start(Path folder) {
    TwoPools pools = new TwoPools(folder);
    pools.run("broker", Cluster.LIGHT_JVM, "broker", "--bind", pools.kafka, "--data", "" + folder);
    pools.awaitReady();
    return pools;
  }

  /** The model of a pool is named like it, but for the plural. */
  static String model(String pool) {
    return pool.substring(0, pool.length() - 1);
  }

  /** A worker of some pools, which all serve the bundled model. */
  Node worker(String name, List<String> pools, String... more) {
    Path model = Checkout.root().resolve("ops/models/skein-demo-9m");
    List<String> line = new ArrayList<>(List.of("worker", "--kafka", kafka, "--threads", "1"));
    line.addAll(List.of("--shards", Integer.toString(SHARDS)));
    pools.forEach(pool -> line.add("--pool=" + pool + "=" + model(pool) + "=" + model));
    line.addAll(List.of(more));
    return run(name, Cluster.workerJvm(), line.toArray(String[]::new));
  }

  void startRouter() {
    String http = "127.0.0.1:" + LoopbackPort.free();
    List<String> router = new ArrayList<>(List.of("router", "--kafka", kafka, "--http", http));
    NAMES.forEach(pool -> router.addAll(List.of("--pool", pool)));
    run("router", Cluster.LIGHT_JVM, router.toArray(String[]::new));
    api = "http://" + http + "/v1";
  }

  private Node run(String name, String jvm, String... arguments) {
    Node node = Node.start(folder, name, jvm, List.of(arguments));
    nodes.add(node);
    return node;
  }

  void awaitReady() {
    nodes.stream().filter(Node::isAlive).forEach(Node::awaitReady);
  }

  /** The addresses of the owners of a pool's shards, by shard. */
  Map<Integer, String> owners(String pool) {
    try (ShardOwners records = new ShardOwners(kafka, new Topics(pool))) {
      return records.all();
    }
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  CompletableFuture<HttpResponse<String>> begin(HttpRequest.Builder request) {
    return CLIENT.sendAsync(request.build(), BodyHandlers.ofString());
  }

  JsonNode answered(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = send(request);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  /** The answer to a chat. */
  JsonNode answer(ObjectNode body) throws Exception {
    return answered(chat(body));
  }

  /** What the API shows at a path. */
  JsonNode show(String path) throws Exception {
    return answered(at(path));
  }

  HttpRequest.Builder at(String path) {
    return HttpRequest.newBuilder(URI.create(api + path));
  }

  HttpRequest.Builder chat(ObjectNode body) {
    return at("/chat/completions")
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body.toString()));
  }

  static ObjectNode body(String words) {
    ObjectNode body = JSON.createObjectNode().put("seed", 5).put("max_tokens", 16);
    body.putArray("messages").addObject().put("role", "user").put("content", words);
    return body;
  }

  static ObjectNode body(String model, String session, String words) {
    return body(words).put("model", model).put("session", session);
  }

  static String said(JsonNode answer) {
    return answer.at("/choices/0/message/content").asText();
  }

  @Override
  public void close() {
    nodes.reversed().forEach(Node::close);
  }
}
