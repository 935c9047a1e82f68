package dev.skein.worker.owner;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WritePaceTest {

  private final WritePace pace = new WritePace();

  @Test
  void whatWasNeverWrittenIsDue() {
    assertThat(pace.dueMs()).isNegative();
  }

  @Test
  void aLogThatAnswersAtOnceIsWrittenAtOnce() {
    pace.wrote(1_000);
    pace.acknowledged(1_000, 1_000);
    assertThat(pace.dueMs()).isEqualTo(1_000);
  }

  @Test
  void aSlowLogIsWrittenATwentiethOfTheTime() {
    pace.wrote(1_000);
    pace.acknowledged(1_000, 1_002);
    assertThat(pace.dueMs()).isEqualTo(1_040);
    pace.wrote(1_040);
    assertThat(pace.dueMs()).as("as slow as it last was").isEqualTo(1_080);
    pace.acknowledged(1_040, 1_041);
    assertThat(pace.dueMs()).isEqualTo(1_060);
  }

  @Test
  void tokensNeverWaitLongerThanAReaderWouldNotice() {
    pace.wrote(1_000);
    pace.acknowledged(1_000, 1_500);
    assertThat(pace.dueMs()).isEqualTo(1_100);
  }
}
