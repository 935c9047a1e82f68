package dev.skein.router;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(RouterRig.class)
class RehearsalTest {

  @Test
  void everyAnswerComesToItsEnd() {
    assertThat(Rehearsal.run(RouterRig.system(), RouterLimits.defaults())).isTrue();
  }

  @Test
  void anAnswerThatIsCutOffIsNotedAndHarmsNothing() {
    assertThat(Rehearsal.run(RouterRig.system(), RouterLimits.defaults().withStreams(1, 1)))
        .as("an answer of five events finds no room")
        .isFalse();
  }
}
