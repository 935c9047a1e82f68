package dev.skein.router.delivery;

import static dev.skein.router.delivery.TurnEvents.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.End;
import dev.skein.proto.Started;
import org.junit.jupiter.api.Test;

class EventReaderTest {

  @Test
  void aTurnThatRanOrRunsSaysWhereItBegan() {
    Started runs = Started.newBuilder().setTokensFrom(70).build();
    assertThat(EventReader.repeatedFrom(event("a", "r", 0).setStarted(runs).build())).isEqualTo(70);
    End ran = End.newBuilder().setRepeatFrom(0).build();
    assertThat(EventReader.repeatedFrom(event("a", "r", 0).setEnd(ran).build())).isZero();
    Started begins = Started.getDefaultInstance();
    assertThat(EventReader.repeatedFrom(event("a", "r", 0).setStarted(begins).build()))
        .isEqualTo(-1);
  }
}
