package dev.skein.router;

import dev.skein.proto.End;
import dev.skein.proto.ModelCard;
import dev.skein.proto.Started;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEvents;
import dev.skein.router.admission.AdmissionControl;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Lines;
import dev.skein.router.delivery.StreamMetrics;
import dev.skein.router.delivery.TokenLog;
import dev.skein.router.delivery.Turn;
import dev.skein.router.delivery.TurnPublisher;
import dev.skein.router.http.Backend;
import dev.skein.router.http.HttpGateway;
import dev.skein.router.http.Models;
import dev.skein.router.sessions.Pools;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streamed answers that a router asks itself for over HTTP, from a worker in memory, before it is
 * ready. What every request runs through is loaded and linked by then: otherwise the first client
 * waits for that. Nobody outside hears of it.
 */
final class Rehearsal {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final String NAME = "rehearsal";
  private static final int ANSWERS = 3;
  private static final int TOKENS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private Rehearsal() {}

  /**
   * Rehearses on a free port of the loopback interface, behind which there are no sessions; whether
   * every answer came to its end. What goes wrong here is for the requests to tell, and is only
   * logged.
   */
  static boolean run(ActorSystem<?> system, RouterLimits limits) {
    Deliveries deliveries =
        Deliveries.start(
            system,
            "skein-" + NAME + "-" + System.nanoTime(),
            limits,
            Map.of(NAME, new Lines(new Worker(ActorRefResolver.get(system)), new NothingLogged())),
            new StreamMetrics(new SimpleMeterRegistry()),
            System::nanoTime);
    try (HttpGateway gateway = gateway(system, limits, deliveries)) {
      for (int i = 0; i < ANSWERS; i++) {
        ask(gateway.address().getPort());
      }
      return true;
    } catch (RouterException | IOException | RuntimeException e) {
      LOG.debug("the rehearsal did not come to its end", e);
      return false;
    } finally {
      deliveries.close();
    }
  }

  private static HttpGateway gateway(
      ActorSystem<?> system, RouterLimits limits, Deliveries deliveries) throws RouterException {
    Pools none = new Pools(List.of());
    AdmissionControl anyone = AdmissionControl.open(null, none, System::nanoTime);
    return HttpGateway.start(
        system,
        RouterOptions.of(NAME).withHttp("127.0.0.1", 0).withLimits(limits),
        new Backend(new OneModel(), deliveries, none, anyone),
        new SimpleMeterRegistry(),
        () -> NAME + System.nanoTime(),
        InstantSource.system());
  }

  private static void ask(int port) throws IOException {
    String body =
        """
        {"model":"rehearsal","messages":[{"role":"user","content":"Speak."}],"stream":true}\
        """;
    String request =
        """
        POST /v1/chat/completions HTTP/1.1\r
        Host: localhost\r
        Content-Type: application/json\r
        Connection: close\r
        Content-Length: %d\r
        \r
        %s\
        """
            .formatted(body.length(), body);
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client.setSoTimeout((int) PATIENCE.toMillis());
      client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!answer.contains("[DONE]")) {
        throw new IOException("not answered as usual: " + answer);
      }
    }
  }

  private static final class OneModel implements Models {
    private static final SortedMap<String, ModelCard> CARDS =
        new TreeMap<>(
            Map.of(NAME, ModelCard.newBuilder().setName(NAME).setPool(NAME).setShards(1).build()));

    @Override
    public SortedMap<String, ModelCard> models() {
      return CARDS;
    }

    @Override
    public SortedMap<String, ModelCard> of(String pool) {
      return CARDS;
    }
  }

  /** Owns every session and has always the same to say, to whom it is pushed. */
  private record Worker(ActorRefResolver routers) implements TurnPublisher {
    @Override
    public void publish(Turn turn, String pushAddress, Outcome outcome) {
      outcome.published(0);
      List<TokenEvent> events = new ArrayList<>();
      events.add(event(turn, 0).setStarted(Started.newBuilder().setAttempt(1)).build());
      for (int i = 0; i < TOKENS; i++) {
        events.add(event(turn, i).setToken(Token.newBuilder().setId(i).setText("word ")).build());
      }
      events.add(event(turn, TOKENS).setEnd(End.newBuilder().setFinishReason("stop")).build());
      ActorRef<TokenEvents> router = routers.resolveActorRef(pushAddress);
      events.forEach(event -> router.tell(TokenEvents.newBuilder().addEvents(event).build()));
    }

    private static TokenEvent.Builder event(Turn turn, int index) {
      return TokenEvent.newBuilder()
          .setSession(turn.session())
          .setRequestId(turn.requestId())
          .setIndex(index);
    }

    @Override
    public void cancel(String session, String requestId, int partition, String pushAddress) {}

    @Override
    public void await(Turn turn, String pushAddress) {}
  }

  private static final class NothingLogged implements TokenLog {
    @Override
    public void listen(Listener listener) {}

    @Override
    public long read(int shard, long from, Duration age) {
      return 0;
    }

    @Override
    public void stop(int shard) {}
  }
}
