package dev.skein.worker.owner;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommitCadenceTest {

  private final CommitCadence cadence = new CommitCadence();

  @Test
  void nothingWrittenIsNeverDue() {
    cadence.turnEnded();
    assertThat(cadence.dueMs()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whileTokensStreamTheFirstWriteSetsTheLatestTime() {
    cadence.wrote(1_000);
    cadence.wrote(1_200);
    assertThat(cadence.dueMs()).isEqualTo(1_250);
  }

  @Test
  void anEndedTurnIsDueAtOnceButNotMoreOftenThanEveryPause() {
    cadence.wrote(1_000);
    cadence.turnEnded();
    assertThat(cadence.dueMs()).isLessThanOrEqualTo(1_000);
    cadence.committed(1_000);
    cadence.wrote(1_010);
    cadence.turnEnded();
    assertThat(cadence.dueMs()).isEqualTo(1_050);
  }
}
