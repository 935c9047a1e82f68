package dev.skein.router.http;

import dev.skein.router.RouterException;
import dev.skein.router.RouterOptions;
import dev.skein.router.delivery.Affinity;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.ServerBuilder;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Flow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.duration.Duration$;

/** The router's port. */
public final class HttpGateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpGateway.class);
  private static final Duration BIND_LIMIT = Duration.ofSeconds(20);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  /**
   * Longer than any answer stands still, and short enough to be rid of connections that nobody
   * uses.
   */
  private static final Duration IDLE_LIMIT = Duration.ofMinutes(15);

  private final ServerBinding binding;

  private HttpGateway(ServerBinding binding) {
    this.binding = binding;
  }

  /**
   * Listens and serves.
   *
   * @param requestIds ids for requests whose clients gave none, never the same twice
   * @throws RouterException if the address is not allowed or is taken, or the certificate cannot be
   *     used
   */
  public static HttpGateway start(
      ActorSystem<?> system,
      RouterOptions options,
      Backend backend,
      MeterRegistry metrics,
      Supplier<String> requestIds,
      InstantSource clock)
      throws RouterException {
    InetAddress address = address(options);
    requireFree(address, options);
    ModelChoice models = new ModelChoice(backend.models(), backend.pools());
    Turns turns = new Turns(options.limits(), requestIds, clock, new Affinity(System::nanoTime));
    RetryMemory retries = new RetryMemory(clock);
    ResponseDelivery responses =
        new ResponseDelivery(system, options.limits(), backend.deliveries());
    SessionActions actions = new SessionActions(system, backend, requestIds, options.limits());
    Routes routes =
        new Routes(
            system,
            new CompletionRoute(
                system, options.limits(), models, turns, backend.deliveries(), retries),
            new EmbeddingsRoute(system, models, turns, backend.deliveries()),
            new ResponsesRoute(options.limits(), models, turns, responses, retries, clock),
            new InputTokensRoute(system, options.limits(), models, turns, backend.deliveries()),
            new KeptResponses(system, models, turns, responses, backend.pools(), actions, clock),
            new ModelsRoute(backend.models()),
            new SessionsRoute(system, backend.pools(), actions),
            backend.admission(),
            metrics,
            options.limits());
    try {
      ServerBuilder server =
          Http.get(system)
              .newServerAt(address.getHostAddress(), options.port())
              .withSettings(settings(system, options));
      SSLContext tls = ServerCertificate.context(options.security());
      if (tls != null) {
        server = server.enableHttps(ConnectionContext.httpsServer(tls));
      } else if (!address.isLoopbackAddress()) {
        LOG.warn(
            "HTTP on {} is not encrypted: API keys and texts can be read on the way, unless"
                + " something in front of it speaks TLS",
            address.getHostAddress());
      }
      return new HttpGateway(
          server
              .bindFlow(connections(system, routes, options.limits().patience().requestHead()))
              .toCompletableFuture()
              .get(BIND_LIMIT.toSeconds(), TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      throw new RouterException(refusal(options, e), e);
    } catch (TimeoutException e) {
      throw new RouterException(refusal(options, e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RouterException("The start of the router was interrupted.", e);
    }
  }

  /**
   * The address to listen on.
   *
   * @throws RouterException if it is beyond loopback and no API keys are configured
   */
  public static InetAddress address(RouterOptions options) throws RouterException {
    InetAddress address;
    try {
      address = InetAddress.getByName(options.host());
    } catch (UnknownHostException e) {
      throw new RouterException(
          "The address '" + options.host() + "' to listen on is not known here.", e);
    }
    if (!address.isLoopbackAddress() && options.security().apiKeys() == null) {
      throw new RouterException(
          "Without API keys Skein's HTTP listens on loopback only, and '"
              + options.host()
              + "' is not a loopback address: use 127.0.0.1, or give --api-keys FILE.");
    }
    return address;
  }

  /**
   * Pekko logs a failed bind with its stack, which is more than an operator needs to know of a
   * taken port.
   */
  private static void requireFree(InetAddress address, RouterOptions options)
      throws RouterException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(address, options.port()));
    } catch (IOException e) {
      throw new RouterException(refusal(options, e), e);
    }
  }

  private static String refusal(RouterOptions options, Throwable fault) {
    String place = options.host() + ":" + options.port();
    String reason = fault.toString();
    for (Throwable at = fault; at != null; at = at.getCause()) {
      reason = String.valueOf(at.getMessage());
      if (at instanceof BindException
          || String.valueOf(at.getMessage()).contains("already in use")) {
        return "HTTP cannot listen on " + place + ": the port is taken; choose another one.";
      }
    }
    return "HTTP cannot listen on " + place + ": " + reason;
  }

  private static ServerSettings settings(ActorSystem<?> system, RouterOptions options) {
    ServerSettings settings = ServerSettings.create(system.classicSystem());
    return settings
        .withMaxConnections(options.limits().connections())
        .withBacklog(options.limits().connections())
        .withServerHeader(Optional.empty())
        .withParsingErrorHandler(MalformedRequests.class.getName())
        .withTimeouts(
            settings
                .getTimeouts()
                .withRequestTimeout(Duration$.MODULE$.Inf())
                .withIdleTimeout(
                    scala.concurrent.duration.Duration.create(
                        IDLE_LIMIT.toSeconds(), TimeUnit.SECONDS)));
  }

  /**
   * One answer at a time on a connection; the end of what a client sends is how its leaving shows.
   * A connection on which no whole request head arrives is closed after a while, whatever trickles
   * in.
   */
  private static Flow<HttpRequest, HttpResponse, ?> connections(
      ActorSystem<?> system, Routes routes, Duration patience) {
    return Flow.fromMaterializer((materializer, attributes) -> {
      SharedKillSwitch end = KillSwitches.shared("connection");
      Connection connection =
          new Connection(() ->
              system.scheduler().scheduleOnce(patience, end::shutdown, system.executionContext())
                  ::cancel);
      connection.waits();
      return Flow.of(HttpRequest.class)
          .via(end.flow())
          .watchTermination((none, done) -> {
            done.whenComplete((over, error) -> connection.close());
            return none;
          })
          .mapAsync(
              1,
              request -> {
                connection.asked();
                return routes
                    .answer(request, connection)
                    .thenApply(response -> answered(response, connection));
              });
    });
  }

  private static HttpResponse answered(HttpResponse response, Connection connection) {
    if (response.entity().isStrict()) {
      connection.waits();
    }
    return response;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Accepts nothing more and gives what is under way a few seconds. */
  @Override
  public void close() {
    try {
      binding
          .terminate(CLOSE_LIMIT)
          .toCompletableFuture()
          .get(CLOSE_LIMIT.toSeconds() + 2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The actor system is going down anyway, and takes the port along.
      return;
    }
  }
}
