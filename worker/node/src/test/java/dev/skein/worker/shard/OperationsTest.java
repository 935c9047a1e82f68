package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.proto.End;
import dev.skein.proto.Manifest;
import dev.skein.proto.ShardRecord;
import dev.skein.store.ShardStore.Acquired;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rewinds, forks, deletions: what they store and how they are answered. */
class OperationsTest {

  private static final ShardLimits LIMITS =
      new ShardLimits(4, 9, 9, 10, 1_000_000, 1_000, 10, 4, 60_000, ShardLimits.Keeping.USUAL);

  private final List<Effect> effects = new ArrayList<>();
  private final Map<String, Manifest> manifests = new HashMap<>();
  private long offset;
  private final Shard shard =
      new Shard(
          0,
          1,
          new Acquired(
              1,
              ShardRecord.newBuilder().setEpoch(1).setPartitions(1).build(),
              true,
              true,
              List.of(),
              0,
              0),
          ToyModel.served(),
          LIMITS);

  private void on(ShardEvent event) {
    for (Effect effect : shard.on(event, 10_000)) {
      effects.add(effect);
      switch (effect) {
        case Effect.LookUp look ->
            on(new ShardEvent.LookedUp(look.session(), manifests.get(look.session())));
        case Effect.StoreManifest stored ->
            manifests.put(stored.manifest().getSession(), stored.manifest());
        default -> {}
      }
    }
  }

  private void ask(String session, String json) {
    on(new ShardEvent.RequestRead(ToyModel.request(offset++, session, json)));
  }

  private void turn(String session, int number, String prompt) {
    ask(session, "{\"prompt\":\"%s\",\"max_tokens\":1}".formatted(prompt));
    run(session, number);
  }

  private void run(String session, int number) {
    on(new ShardEvent.StartAcknowledged(session, number, 40 + offset));
    on(new ShardEvent.Drawn(session, number, new DrawnToken(0, 'z', "z", false, 0, List.of())));
    SessionState state = SessionState.of(new float[] {number, 0});
    on(
        new ShardEvent.Ended(
            session,
            number,
            new GenerationEnd(FinishReason.LENGTH, "", 1, 1, state, new int[] {'z'}, 1, null)));
  }

  private End answer() {
    return effects.stream()
        .filter(effect -> effect instanceof Effect.Publish publish && publish.event().hasEnd())
        .map(effect -> ((Effect.Publish) effect).event().getEnd())
        .reduce((first, next) -> next)
        .orElseThrow();
  }

  private Manifest manifest(String session) {
    return manifests.getOrDefault(session, Manifest.getDefaultInstance());
  }

  @Test
  void aRewindMovesTheHeadAndTheNextTurnTakesTheNextNumber() {
    turn("ann", 0, "a");
    turn("ann", 1, "b");
    ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":0}");
    assertThat(answer().getStanding().getHeadTurn()).isZero();
    assertThat(answer().getStanding().getNextTurn()).isEqualTo(2);
    assertThat(manifest("ann").getTailList()).containsExactly((int) 'a', (int) 'z');
    turn("ann", 2, "c");
    assertThat(manifest("ann").getTailList())
        .containsExactly((int) 'a', (int) 'z', (int) 'c', (int) 'z');
    assertThat(manifest("ann").getParentTurn()).isEqualTo(2);
    ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":1}");
    assertThat(effects.getLast())
        .isEqualTo(new Effect.ReadPast("ann", past("ann", 1), 1, List.of()));
  }

  private dev.skein.proto.TurnRef past(String session, int turn) {
    return manifest(session).getRecentList().stream()
        .filter(known -> known.getTurn() == turn && !known.hasAnswer())
        .findFirst()
        .orElseThrow()
        .getEnd();
  }

  @Test
  void aTurnMayNameTheOneThatItGoesOnFrom() {
    turn("ann", 0, "a");
    turn("ann", 1, "b");
    ask("ann", "{\"prompt\":\"c\",\"max_tokens\":1,\"parent_turn\":0}");
    run("ann", 2);
    assertThat(manifest("ann").getTailList())
        .containsExactly((int) 'a', (int) 'z', (int) 'c', (int) 'z');
  }

  @Test
  void aTurnThatIsRefusedMovesNothing() {
    turn("ann", 0, "a");
    turn("ann", 1, "b");
    ask("ann", "{\"tokens\":[999],\"parent_turn\":0}");
    assertThat(answer().getError().getCode()).isEqualTo("invalid_request");
    turn("ann", 2, "c");
    assertThat(manifest("ann").getTokensRead()).isEqualTo(6);
  }

  @Test
  void aDeletedSessionLeavesAGraveAndItsNumbersAreNotUsedAgain() {
    turn("ann", 0, "a");
    turn("ann", 1, "b");
    ask("ann", "{\"kind\":\"delete\",\"request_id\":\"d\"}");
    assertThat(manifest("ann").getDeleted()).isTrue();
    assertThat(manifest("ann").getTailList()).isEmpty();
    assertThat(effects).contains(new Effect.DropTranscripts("ann", 0, 2));
    ask("ann", "{\"kind\":\"delete\",\"request_id\":\"d\"}");
    assertThat(answer().hasStanding() && answer().hasRepeatOf()).isTrue();
    ask("ann", "{\"kind\":\"delete\"}");
    assertThat(answer().getError().getCode()).isEqualTo("session_not_found");
    turn("ann", 2, "c");
    assertThat(manifest("ann").getTailList()).containsExactly((int) 'c', (int) 'z');
    assertThat(manifest("ann").getFirstTurn()).isEqualTo(2);
  }

  @Test
  void aForkHasItsPlaceInTheLinesOfBothSessions() {
    turn("ann", 0, "a");
    ask("ann", "{\"prompt\":\"b\",\"max_tokens\":1}");
    ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\"}");
    ask("bob", "{\"prompt\":\"c\",\"max_tokens\":1}");
    assertThat(manifests).doesNotContainKey("bob");
    run("ann", 1);
    assertThat(manifest("bob").getTailList())
        .containsExactly((int) 'a', (int) 'z', (int) 'b', (int) 'z');
    assertThat(answer().getStanding().getSession()).isEqualTo("bob");
    run("bob", 2);
    assertThat(manifest("bob").getTokensRead()).isEqualTo(6);
    assertThat(manifest("ann").getTokensRead()).isEqualTo(4);
    ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\"}");
    assertThat(answer().getError().getCode()).isEqualTo("session_exists");
  }

  @Test
  void whatIsNotThereIsSaid() {
    ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":0}");
    assertThat(answer().getError().getCode()).isEqualTo("session_not_found");
    turn("ann", 0, "a");
    ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":7}");
    assertThat(answer().getError().getCode()).isEqualTo("turn_not_found");
    ask("ann", "{\"kind\":\"fork\",\"target\":\"ann\"}");
    assertThat(answer().getError().getCode()).isEqualTo("invalid_request");
    ask("ann", "{\"kind\":\"adopt\"}");
    assertThat(answer().getError().getCode()).isEqualTo("invalid_request");
  }
}
