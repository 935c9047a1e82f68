package dev.skein.router;

import dev.skein.proto.ModelCard;
import dev.skein.router.admission.AdmissionControl;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.StreamMetrics;
import dev.skein.router.http.Backend;
import dev.skein.router.http.HttpGateway;
import dev.skein.router.kafka.ModelDirectory;
import dev.skein.router.kafka.RequestPublisher;
import dev.skein.router.kafka.SessionReader;
import dev.skein.router.kafka.TokenTail;
import dev.skein.router.sessions.SessionTable;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
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
  private final RequestPublisher publisher;
  private final TokenTail tokens;
  private final SessionReader sessions;

  private Router(
      HttpGateway gateway,
      Deliveries deliveries,
      ModelDirectory models,
      RequestPublisher publisher,
      TokenTail tokens,
      SessionReader sessions) {
    this.gateway = gateway;
    this.deliveries = deliveries;
    this.models = models;
    this.publisher = publisher;
    this.tokens = tokens;
    this.sessions = sessions;
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
    SessionTable table = new SessionTable();
    AdmissionControl admission =
        AdmissionControl.open(options.security().apiKeys(), table, System::nanoTime);
    SessionReader sessions = SessionReader.of(options, table);
    RequestPublisher publisher = RequestPublisher.start(options);
    TokenTail tokens = TokenTail.start(options, InstantSource.system());
    ModelDirectory models = null;
    Deliveries deliveries = null;
    try {
      models = ModelDirectory.start(options);
      if (admission.limitsStorage()) {
        sessions.follow();
      }
      deliveries =
          Deliveries.start(
              system,
              "skein-router-" + id(random),
              options.limits(),
              publisher,
              tokens,
              new StreamMetrics(metrics),
              System::nanoTime);
      HttpGateway gateway =
          HttpGateway.start(
              system,
              options,
              new Backend(models, deliveries, sessions, admission),
              metrics,
              () -> id(random),
              InstantSource.system());
      return new Router(gateway, deliveries, models, publisher, tokens, sessions);
    } catch (RouterException e) {
      if (deliveries != null) {
        deliveries.close();
      }
      if (models != null) {
        models.close();
      }
      sessions.close();
      tokens.close();
      publisher.close();
      throw e;
    }
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

  /** Number of the pool's shards, as its models' cards say; 0 while none is known. */
  public int shards() {
    ModelCard card = models.defaultModel();
    return card == null ? 0 : card.getShards();
  }

  /** Whether Kafka is connected and at least one model is known. */
  public boolean ready() {
    return models.reachable() && !models.models().isEmpty();
  }

  /** Stops: answers under way end with an error, their turns go on. */
  @Override
  public void close() {
    deliveries.close();
    gateway.close();
    models.close();
    tokens.close();
    sessions.close();
    publisher.close();
  }
}
