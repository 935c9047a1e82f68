package dev.skein.router.delivery;

import static dev.skein.router.delivery.TurnEvents.token;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A client that lost its answer may ask for it again, for a while. */
class ComingBackTest {
  private static final Turn TURN =
      new Turn(
          Request.newBuilder().setSession("alice").setRequestId("r").build(),
          new Destination("main", "m", 4));
  private static final long SECOND = 1_000_000_000L;

  private final List<String> cancels = new ArrayList<>();
  private final StreamRegistry registry =
      new StreamRegistry(
          RouterLimits.defaults().withStreams(2, 4),
          new StreamCount(2),
          stream -> cancels.add(stream.session + "/" + stream.turn().requestId()),
          new SilentLog(),
          new StreamMetrics(new SimpleMeterRegistry()));

  @Test
  void aTurnThatIsAskedForAgainByItsIdIsNotCancelled() {
    KeptEvents sink = new KeptEvents(9);
    Turn named = TURN.backWithin(Duration.ofSeconds(10));
    assertThat(registry.open(new LiveStream(named, sink, 4), 0)).isTrue();
    registry.tick(30 * SECOND);
    assertThat(sink.failure()).isEqualTo(FailureCodes.UNAVAILABLE);
    registry.tick(40 * SECOND);
    KeptEvents again = new KeptEvents(9);
    LiveStream second = new LiveStream(named, again, 4);
    assertThat(registry.open(second, 41 * SECOND)).isTrue();
    assertThat(second.isAgain).isTrue();
    registry.deliver(token("alice", "r", 0), 7, 42 * SECOND);
    assertThat(again.events).hasSize(1);
    registry.tick(41 * SECOND + 150 * SECOND);
    registry.tick(41 * SECOND + 300 * SECOND);
    assertThat(cancels).isEmpty();
    assertThat(registry.empty()).as("it is forgotten here, not ended").isTrue();
  }

  @Test
  void aTurnWaitsForItsClientAsLongAsThatMayTakeToComeBack() {
    RouterLimits.Patience patience = RouterLimits.defaults().patience();
    assertThat(patience.comeBack()).as("named").hasSeconds(10);
    assertThat(patience.retry()).as("not named, but counted").hasSeconds(3);
    Turn named = TURN.backWithin(patience.comeBack());
    LiveStream stream = new LiveStream(named, new KeptEvents(9), 4);
    assertThat(registry.open(stream, 0)).isTrue();
    registry.clientGone(stream, SECOND);
    registry.tick(11 * SECOND - 1);
    assertThat(cancels).isEmpty();
    LiveStream back = new LiveStream(named, new KeptEvents(9), 4);
    assertThat(registry.open(back, 11 * SECOND - 1)).isTrue();
    registry.tick(12 * SECOND);
    assertThat(cancels).as("it came back").isEmpty();
    registry.clientGone(back, 12 * SECOND);
    registry.tick(22 * SECOND);
    assertThat(cancels).containsExactly("alice/r");
  }

  @Test
  void whoLeftAnAnswerThatStoodStillHasTheirTimeWhenItMovesAgain() {
    LiveStream stream = named();
    registry.clientGone(stream, SECOND);
    registry.deliver(token("alice", "r", 0), 7, 9 * SECOND);
    registry.deliver(token("alice", "r", 1), 8, 12 * SECOND);
    registry.deliver(token("alice", "r", 2), 9, 18 * SECOND);
    registry.tick(19 * SECOND - 1);
    assertThat(cancels).isEmpty();
    registry.tick(19 * SECOND);
    assertThat(cancels).as("ten seconds after it moved, however slowly").hasSize(1);
  }

  @Test
  void timeDoesNotPassWhileAnAnswerStandsStillInItsMiddle() {
    LiveStream stream = named();
    registry.deliver(token("alice", "r", 0), 7, SECOND);
    registry.clientGone(stream, 2 * SECOND);
    registry.tick(30 * SECOND);
    assertThat(cancels).isEmpty();
    registry.deliver(token("alice", "r", 1), 8, 31 * SECOND);
    registry.tick(41 * SECOND - 1);
    assertThat(cancels).isEmpty();
    registry.deliver(token("alice", "r", 2), 9, 41 * SECOND - 1);
    registry.tick(41 * SECOND);
    assertThat(cancels).hasSize(1);
  }

  @Test
  void anAnswerThatStandsStillForeverIsGivenUp() {
    LiveStream stream = named();
    registry.deliver(token("alice", "r", 0), 7, SECOND);
    registry.clientGone(stream, 2 * SECOND);
    registry.tick(121 * SECOND - 1);
    assertThat(cancels).isEmpty();
    registry.tick(121 * SECOND);
    assertThat(cancels).hasSize(1);
  }

  /** An answer whose client has ten seconds to come back. */
  private LiveStream named() {
    LiveStream stream =
        new LiveStream(TURN.backWithin(Duration.ofSeconds(10)), new KeptEvents(9), 4);
    assertThat(registry.open(stream, 0)).isTrue();
    return stream;
  }
}
