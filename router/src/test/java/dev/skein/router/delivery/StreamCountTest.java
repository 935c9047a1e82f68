package dev.skein.router.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Request;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The answers of all pools count together. */
class StreamCountTest {
  private final StreamCount count = new StreamCount(2);
  private final LiveStreams owls = new LiveStreams(count);
  private final LiveStreams larks = new LiveStreams(count);
  private final Turn turn =
      new Turn(
          Request.newBuilder().setSession("alice").setRequestId("r").build(),
          new Destination("owls", "m", 4));

  private static LiveStream of(Turn turn) {
    return new LiveStream(turn, new KeptEvents(9), 4);
  }

  @Test
  void thoseOfAnotherPoolAndThoseWhoLookOnTakePlaces() {
    LiveStream own = of(turn);
    LiveStream onlooker = of(turn.seen(Duration.ZERO));
    owls.add(own);
    assertThat(larks.isFull()).isFalse();
    larks.add(onlooker);
    assertThat(owls.isFull()).isTrue();
    assertThat(larks.isFull()).isTrue();
    assertThat(owls.remove(onlooker)).as("it is not here").isFalse();
    assertThat(owls.isFull()).isTrue();
    assertThat(larks.remove(onlooker)).isTrue();
    assertThat(larks.remove(onlooker)).isFalse();
    assertThat(owls.remove(own)).isTrue();
    owls.add(own);
    assertThat(owls.isFull()).as("one place is left").isFalse();
    assertThat(owls.size()).isEqualTo(1);
    assertThat(larks.size()).isZero();
  }
}
