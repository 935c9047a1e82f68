package dev.skein.router;

import dev.skein.proto.ModelCard;
import dev.skein.router.admission.AdmissionControl;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.StreamMetrics;
import dev.skein.router.http.Backend;
import dev.skein.router.http.HttpGateway;
import dev.skein.router.kafka.ModelDirectory;
import dev.skein.router.kafka.PoolClients;
import dev.skein.router.sessions.Pools;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * A running router.
 *
 * <pre>{@code
 * Router router = Router.start(system, RouterOptions.of("localhost:9092"), new SimpleMeterRegistry());
 * System.out.println("http://localhost:" + router.address().getPort() + "/v1");
 * }</pre>
 */
public final class Router implements AutoCloseable {
  private static final int ID_BYTES = 16;

  private final HttpGateway gateway;
  private final Deliveries deliveries;
  private final ModelDirectory models;
  private final List<PoolClients> pools;
  private final Thread rehearsal;

  private Router(
      HttpGateway gateway,
      Deliveries deliveries,
      ModelDirectory models,
      List<PoolClients> pools,
      Thread rehearsal) {
    this.rehearsal = rehearsal;
    this.gateway = gateway;
    this.deliveries = deliveries;
    this.models = models;
    this.pools = pools;
  }

  /**
   * Starts a router. Kafka and workers need not be there yet: until they are, {@link #ready()} is
   * false and requests are answered 503.
   *
   * @param system the process's actor system; workers push to an actor of it, so they must be able
   *     to reach it
   * @throws RouterException if the address is not allowed or taken, or the Kafka client's
   *     properties are wrong
   */
  public static Router start(ActorSystem<?> system, RouterOptions options, MeterRegistry metrics)
      throws RouterException {
    HttpGateway.address(options);
    SecureRandom random = new SecureRandom();
    List<PoolClients> pools = new ArrayList<>();
    ModelDirectory models = null;
    Deliveries deliveries = null;
    try {
      for (String pool : options.pools()) {
        pools.add(PoolClients.start(options, pool, InstantSource.system()));
      }
      Pools all = new Pools(pools.stream().map(PoolClients::pool).toList());
      AdmissionControl admission =
          AdmissionControl.open(options.security().apiKeys(), all, System::nanoTime);
      models = ModelDirectory.start(options);
      if (admission.limitsStorage()) {
        pools.forEach(PoolClients::follow);
      }
      deliveries =
          Deliveries.start(
              system,
              "skein-router-" + id(random),
              options.limits(),
              pools.stream().collect(Collectors.toMap(PoolClients::name, PoolClients::lines)),
              new StreamMetrics(metrics),
              System::nanoTime);
      HttpGateway gateway =
          HttpGateway.start(
              system,
              options,
              new Backend(models, deliveries, all, admission),
              metrics,
              () -> id(random),
              InstantSource.system());
      Thread rehearsal =
          Thread.ofPlatform()
              .name("skein-rehearsal")
              .daemon()
              .start(() -> rehearse(system, options.limits()));
      return new Router(gateway, deliveries, models, pools, rehearsal);
    } catch (RouterException e) {
      if (deliveries != null) {
        deliveries.close();
      }
      if (models != null) {
        models.close();
      }
      pools.forEach(PoolClients::close);
      throw e;
    }
  }

  private static void rehearse(ActorSystem<?> system, RouterLimits limits) {
    var ignored = Rehearsal.run(system, limits);
  }

  private static String id(SecureRandom random) {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Where HTTP listens. */
  public InetSocketAddress address() {
    return gateway.address();
  }

  /** Names of the models that it serves. */
  public List<String> models() {
    return List.copyOf(models.models().keySet());
  }

  /** Numbers of the shards of its pools, as their models' cards say; 0 where none is known. */
  public List<Integer> shards() {
    return pools.stream()
        .map(pool -> Optional.ofNullable(models.defaultModel(pool.name())))
        .map(card -> card.map(ModelCard::getShards).orElse(0))
        .toList();
  }

  /**
   * Whether Kafka is connected, at least one model of any pool is known, and what a request runs
   * through is loaded.
   */
  public boolean ready() {
    return models.reachable() && !models.models().isEmpty() && !rehearsal.isAlive();
  }

  /** Stops: answers under way end with an error, their turns go on. */
  @Override
  public void close() {
    deliveries.close();
    gateway.close();
    models.close();
    pools.forEach(PoolClients::close);
  }
}
