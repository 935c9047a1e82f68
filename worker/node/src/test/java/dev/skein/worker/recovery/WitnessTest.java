package dev.skein.worker.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.End;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Started;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a tail of the log says about a turn, and about who may have killed its workers. */
class WitnessTest {

  private final List<StoredEvent> tail = new ArrayList<>();
  private final ShardRecord.Builder record = ShardRecord.newBuilder();

  private void add(TokenEvent.Builder event, boolean committed) {
    TokenEvent built = event.setSession("ann").setRequestId("r").build();
    tail.add(new StoredEvent(100 + tail.size(), built, false, committed));
  }

  private void started(int attempt, int resumedAt) {
    Started.Builder started =
        Started.newBuilder().setAttempt(attempt).setRequestOffset(7).setResumedAt(resumedAt);
    add(TokenEvent.newBuilder().setStarted(started), true);
  }

  private void token(int index, boolean committed) {
    add(
        TokenEvent.newBuilder().setIndex(index).setToken(Token.newBuilder().setId(index)),
        committed);
  }

  private Witness witness(boolean released) {
    Acquired acquired = new Acquired(3, record.build(), false, released, tail, 0, 0);
    return Objects.requireNonNull(
        Witness.gather(acquired, offset -> false).get(Witness.key("ann", "r")));
  }

  @Test
  void theRunIsTheLongestWithoutAGap() {
    started(1, 0);
    token(0, true);
    token(1, true);
    token(2, false);
    token(1, false);
    token(4, false);
    assertThat(witness(false).size()).isEqualTo(3);
    assertThat(witness(false).committed()).isEqualTo(2);
    assertThat(witness(false).requestOffset()).isEqualTo(7);
  }

  @Test
  void theTailOfATurnThatWasStoredInItsMiddleBeginsAnywhere() {
    record.addOpenTurns(
        OpenTurn.newBuilder().setSession("ann").setRequestId("r").setRequestOffset(7));
    token(5, true);
    token(6, false);
    assertThat(witness(false).tokensFrom(6)).hasSize(1);
    assertThat(witness(false).tokensFrom(4)).as("a gap cannot be fed").isEmpty();
    assertThat(witness(false).committed()).isEqualTo(6);
  }

  @Test
  void attemptsWithoutProgressAreCountedAndProgressForgives() {
    started(1, 0);
    started(2, 0);
    assertThat(witness(false).failed()).isEqualTo(2);
    assertThat(witness(true).failed()).as("given back in order").isEqualTo(1);
    token(0, false);
    assertThat(witness(false).failed()).isZero();
    started(3, 0);
    token(0, false);
    assertThat(witness(false).failed()).as("a token that was known is no progress").isEqualTo(3);
  }

  @Test
  void aStoredMiddleIsProgressToo() {
    record.addOpenTurns(
        OpenTurn.newBuilder().setSession("ann").setRequestId("r").setRequestOffset(7).setRead(900));
    started(4, 500);
    assertThat(witness(false).failed()).isZero();
    started(1, 900);
    assertThat(witness(false).failed()).isEqualTo(1);
  }

  @Test
  void answersWithoutATurnBindByTheRequestsOffset() {
    End busy = End.newBuilder().setFinishReason("session_busy").setRequestOffset(9).build();
    add(TokenEvent.newBuilder().setTurn(-1).setEnd(busy), false);
    ShownAnswers answers = new ShownAnswers(tail, offset -> offset < 9);
    assertThat(answers.oldest()).isEqualTo(100);
    assertThat(Objects.requireNonNull(answers.take(9)).end()).isEqualTo(busy);
    assertThat(answers.take(9)).isNull();
    assertThat(answers.oldest()).isEqualTo(Long.MAX_VALUE);
  }
}
