package dev.skein.worker.owner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The drawn moves are the legal ones, and no other. */
class OwnershipTest {

  @Test
  void onlyTheDrawnMovesAreLegal() {
    List<String> moves = new ArrayList<>();
    for (Ownership from : Ownership.values()) {
      for (Ownership to : Ownership.values()) {
        if (from.mayBecome(to)) {
          moves.add(from + ">" + to);
        }
      }
    }
    assertThat(moves)
        .containsExactly(
            "NEW>ACQUIRING",
            "ACQUIRING>RUNNING",
            "ACQUIRING>RELEASED",
            "ACQUIRING>LOST",
            "RUNNING>DRAINING",
            "RUNNING>LOST",
            "DRAINING>RELEASED",
            "DRAINING>LOST");
  }

  @Test
  void nothingLeadsOutOfALoss() {
    assertThatThrownBy(() -> Ownership.LOST.become(Ownership.RUNNING))
        .hasMessageContaining("LOST to RUNNING");
  }
}
