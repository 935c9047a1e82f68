package dev.skein.router.delivery;

import static dev.skein.router.delivery.TurnEvents.end;
import static dev.skein.router.delivery.TurnEvents.token;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.Present;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Any number may look at a turn that runs, and none of them changes anything by it. */
class OnlookersTest {
  private static final Destination TO = new Destination("main", "m", 4);
  private static final long SECOND = 1_000_000_000L;

  private final List<String> cancels = new ArrayList<>();
  private final StreamRegistry registry =
      new StreamRegistry(
          RouterLimits.defaults().withStreams(8, 4),
          new StreamCount(8),
          stream -> cancels.add(stream.turn().requestId()),
          new SilentLog(),
          new StreamMetrics(new SimpleMeterRegistry()));
  private final Turn turn =
      new Turn(Request.newBuilder().setSession("alice").setRequestId("r").build(), TO);

  @Test
  void allAreToldWhatTheLogTells() {
    KeptEvents own = new KeptEvents(9);
    open(turn, own);
    KeptEvents first = looksOn(new KeptEvents(9));
    KeptEvents second = looksOn(new KeptEvents(9));
    registry.deliver(token("alice", "r", 0), 7, SECOND);
    assertThat(first.events).as("what is pushed is for the turn's own client").isEmpty();
    registry.read(token("alice", "r", 0), 7, SECOND);
    registry.read(end("alice", "r", 1), 8, SECOND);
    for (KeptEvents sink : List.of(own, first, second)) {
      assertThat(sink.events).hasExactlyElementsOfTypes(TokenPiece.class, ChoiceEnd.class);
      assertThat(sink.completed).isTrue();
    }
    assertThat(registry.empty()).isTrue();
  }

  @Test
  void whoLooksOnMayLeaveOrLoseItsPatienceAndTheTurnGoesOn() {
    LiveStream leaves = new LiveStream(turn.seen(Duration.ZERO), new KeptEvents(9), 4);
    assertThat(registry.open(leaves, 0)).isTrue();
    KeptEvents stays = looksOn(new KeptEvents(9));
    registry.clientGone(leaves, SECOND);
    registry.tick(31 * SECOND);
    assertThat(stays.failure()).isEqualTo(FailureCodes.UNAVAILABLE);
    assertThat(registry.empty()).isTrue();
    assertThat(cancels).isEmpty();
  }

  @Test
  void itIsToldWhenTheLogHasToldAll() {
    KeptEvents own = new KeptEvents(9);
    open(turn, own);
    KeptEvents early = looksOn(new KeptEvents(2));
    KeptEvents late = looksOn(new KeptEvents(9));
    registry.read(token("alice", "r", 0), 7, SECOND);
    registry.reached(1);
    assertThat(early.events).hasExactlyElementsOfTypes(TokenPiece.class, Present.class);
    assertThat(late.events).hasExactlyElementsOfTypes(TokenPiece.class);
    assertThat(own.events).hasExactlyElementsOfTypes(TokenPiece.class);
  }

  @Test
  void oneThatIsBehindHasNotBeenToldAll() {
    KeptEvents slow = looksOn(new KeptEvents(1));
    registry.read(token("alice", "r", 0), 7, SECOND);
    registry.read(token("alice", "r", 1), 8, SECOND);
    slow.events.clear();
    registry.reached(1);
    assertThat(slow.events).isEmpty();
    registry.tick(SECOND);
    registry.reached(1);
    assertThat(slow.events).as("it reads again").isEmpty();
    registry.reached(2);
    assertThat(slow.events).hasExactlyElementsOfTypes(Present.class);
  }

  private KeptEvents looksOn(KeptEvents sink) {
    open(turn.seen(Duration.ZERO), sink);
    return sink;
  }

  private void open(Turn asked, KeptEvents sink) {
    assertThat(registry.open(new LiveStream(asked, sink, 4), 0)).isTrue();
  }
}
