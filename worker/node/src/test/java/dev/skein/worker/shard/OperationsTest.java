package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Adoption;
import dev.skein.proto.Manifest;
import dev.skein.proto.Pin;
import dev.skein.proto.TurnRef;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rewinds, forks, deletions: what they store and how they are answered. */
class OperationsTest {

  private final LoneShard shard = new LoneShard();

  @Test
  void aRewindMovesTheHeadAndTheNextTurnTakesTheNextNumber() {
    shard.turn("ann", 0, "a");
    shard.turn("ann", 1, "b");
    shard.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":0}");
    assertThat(shard.answer().getStanding().getHeadTurn()).isZero();
    assertThat(shard.answer().getStanding().getNextTurn()).isEqualTo(2);
    assertThat(shard.manifest("ann").getTailList()).containsExactly((int) 'a', (int) 'z');
    shard.turn("ann", 2, "c");
    assertThat(shard.manifest("ann").getTailList())
        .containsExactly((int) 'a', (int) 'z', (int) 'c', (int) 'z');
    assertThat(shard.manifest("ann").getParentTurn()).isEqualTo(2);
    shard.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":1}");
    assertThat(shard.effects.getLast())
        .isEqualTo(new Effect.ReadPast("ann", past("ann", 1), 1, List.of()));
  }

  private TurnRef past(String session, int turn) {
    return shard.manifest(session).getRecentList().stream()
        .filter(known -> known.getTurn() == turn && !known.hasAnswer())
        .findFirst()
        .orElseThrow()
        .getEnd();
  }

  @Test
  void aTurnMayNameTheOneThatItGoesOnFrom() {
    shard.turn("ann", 0, "a");
    shard.turn("ann", 1, "b");
    shard.ask("ann", "{\"prompt\":\"c\",\"max_tokens\":1,\"parent_turn\":0}");
    shard.run("ann", 2);
    assertThat(shard.manifest("ann").getTailList())
        .containsExactly((int) 'a', (int) 'z', (int) 'c', (int) 'z');
  }

  @Test
  void aTurnThatIsRefusedMovesNothing() {
    shard.turn("ann", 0, "a");
    shard.turn("ann", 1, "b");
    shard.ask("ann", "{\"tokens\":[999],\"parent_turn\":0}");
    assertThat(shard.refusal()).isEqualTo("invalid_request");
    shard.turn("ann", 2, "c");
    assertThat(shard.manifest("ann").getTokensRead()).isEqualTo(6);
  }

  @Test
  void aDeletedSessionLeavesAGraveAndItsNumbersAreNotUsedAgain() {
    shard.turn("ann", 0, "a");
    shard.turn("ann", 1, "b");
    shard.ask("ann", "{\"kind\":\"delete\",\"request_id\":\"d\"}");
    assertThat(shard.manifest("ann").getDeleted()).isTrue();
    assertThat(shard.manifest("ann").getTailList()).isEmpty();
    assertThat(shard.effects).contains(new Effect.DropTranscripts("ann", 0, 2));
    shard.ask("ann", "{\"kind\":\"delete\",\"request_id\":\"d\"}");
    assertThat(shard.answer().hasStanding() && shard.answer().hasRepeatOf()).isTrue();
    shard.ask("ann", "{\"kind\":\"delete\"}");
    assertThat(shard.refusal()).isEqualTo("session_not_found");
    shard.turn("ann", 2, "c");
    assertThat(shard.manifest("ann").getTailList()).containsExactly((int) 'c', (int) 'z');
    assertThat(shard.manifest("ann").getFirstTurn()).isEqualTo(2);
  }

  @Test
  void aForkHasItsPlaceInTheLinesOfBothSessions() {
    shard.turn("ann", 0, "a");
    shard.ask("ann", "{\"prompt\":\"b\",\"max_tokens\":1}");
    shard.ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\"}");
    shard.ask("bob", "{\"prompt\":\"c\",\"max_tokens\":1}");
    assertThat(shard.manifests).doesNotContainKey("bob");
    shard.run("ann", 1);
    assertThat(shard.manifest("bob").getTailList())
        .containsExactly((int) 'a', (int) 'z', (int) 'b', (int) 'z');
    assertThat(shard.answer().getStanding().getSession()).isEqualTo("bob");
    shard.run("bob", 2);
    assertThat(shard.manifest("bob").getTokensRead()).isEqualTo(6);
    assertThat(shard.manifest("ann").getTokensRead()).isEqualTo(4);
    shard.ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\"}");
    assertThat(shard.refusal()).isEqualTo("session_exists");
  }

  @Test
  void aForkThatIsUnderWayIsNotCancelledAnyMore() {
    shard.turn("ann", 0, "a");
    shard.turn("ann", 1, "b");
    shard.manifests.computeIfPresent("ann", (id, ann) -> ann.toBuilder().clearRecent().build());
    LoneShard next = new LoneShard(shard.manifests, ToyModel.served(), Upgrade.ADOPT);
    next.ask(
        "ann", "{\"kind\":\"fork\",\"target\":\"bob\",\"parent_turn\":0,\"request_id\":\"f\"}");
    assertThat(next.effects).hasAtLeastOneElementOfType(Effect.ReadPast.class);
    next.cancel("f");
    assertThat(next.answers()).isEmpty();
    next.on(new ShardEvent.PastRead("ann", null, "It is gone."));
    assertThat(next.answers()).hasSize(1);
    assertThat(next.refusal()).isEqualTo("turn_not_found");
  }

  @Test
  void whatIsNotThereIsSaid() {
    shard.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":0}");
    assertThat(shard.refusal()).isEqualTo("session_not_found");
    shard.turn("ann", 0, "a");
    shard.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":7}");
    assertThat(shard.refusal()).isEqualTo("turn_not_found");
    shard.ask("ann", "{\"kind\":\"fork\",\"target\":\"ann\"}");
    assertThat(shard.refusal()).isEqualTo("invalid_request");
    shard.ask("ann", "{\"kind\":\"adopt\"}");
    assertThat(shard.refusal()).isEqualTo("invalid_request");
  }

  @Test
  void aSessionThatIsIdleForLongEndsAndItsGraveIsForgottenLater() {
    shard.turn("ann", 0, "a");
    shard.expire("ann", LoneShard.LOG_MS - 1);
    assertThat(shard.manifest("ann").getDeleted()).as("it was used since").isFalse();
    shard.ask("ann", "{\"prompt\":\"b\",\"max_tokens\":1}");
    shard.expire("ann", LoneShard.NOW_MS);
    assertThat(shard.manifest("ann").getDeleted()).as("a turn is under way").isFalse();
    shard.run("ann", 1);
    shard.expire("ann", LoneShard.NOW_MS);
    assertThat(shard.manifest("ann").getDeleted()).isTrue();
    assertThat(shard.effects).contains(new Effect.DropTranscripts("ann", 0, 2));
    shard.commit();
    shard.expireGrave("ann", LoneShard.NOW_MS - 1);
    shard.expire("ann", LoneShard.NOW_MS);
    assertThat(shard.effects)
        .as("not old enough, and a word for what has ended since")
        .doesNotContain(new Effect.DropManifest("ann"));
    shard.expireGrave("ann", LoneShard.NOW_MS);
    assertThat(shard.effects).endsWith(new Effect.DropManifest("ann"));
  }

  @Test
  void aSessionThatMustBeLookedUpFirstEndsToo() {
    shard.turn("ann", 0, "a");
    LoneShard next = new LoneShard(shard.manifests, ToyModel.served(), Upgrade.ADOPT);
    next.expire("ann", LoneShard.NOW_MS);
    assertThat(next.manifest("ann").getDeleted()).isTrue();
    next.expireGrave("nobody", LoneShard.NOW_MS);
    assertThat(next.manifests).doesNotContainKey("nobody");
    assertThat(next.effects).doesNotContain(new Effect.DropManifest("nobody"));
  }

  @Test
  void nothingBeginsBeforeTheEndOfASessionIsCommitted() {
    shard.turn("ann", 0, "a");
    shard.expire("ann", LoneShard.NOW_MS);
    shard.ask("ann", "{\"prompt\":\"b\",\"max_tokens\":1}");
    assertThat(shard.started(1)).as("the next owner may read the word after this").isFalse();
    shard.commit();
    assertThat(shard.started(1)).isTrue();
    shard.run("ann", 1);
    assertThat(shard.manifest("ann").getTailList()).containsExactly((int) 'b', (int) 'z');
  }

  @Test
  void aSessionWhoseTurnAnEarlierOwnerBeganIsInUse() {
    shard.turn("ann", 0, "a");
    shard.ask("ann", "{\"prompt\":\"b\",\"max_tokens\":1}");
    LoneShard next = shard.successor();
    next.expire("ann", LoneShard.NOW_MS);
    assertThat(next.manifest("ann").getDeleted()).isFalse();
  }

  @Test
  void aSessionOfWhichAnEarlierOwnerHasSaidSomethingIsInUse() {
    shard.turn("ann", 0, "a");
    shard.effects.clear();
    shard.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":0}");
    LoneShard next = shard.successor();
    next.expire("ann", LoneShard.NOW_MS);
    assertThat(next.manifest("ann").getDeleted()).isFalse();
  }

  @Test
  void aRefusalWhereNoSessionWasIsForgottenLikeAGrave() {
    shard.refuseAdoption("bob");
    assertThat(shard.manifest("bob").getUpdatedMs()).isEqualTo(LoneShard.LOG_MS);
    shard.expireGrave("bob", LoneShard.NOW_MS);
    assertThat(shard.manifests).doesNotContainKey("bob");
  }

  @Test
  void whatASessionCameFromInAnEarlierLifeIsNotMadeAgain() {
    for (String fork : List.of("f", "g")) {
      shard.adopt("bob", fork);
      assertThat(shard.manifest("bob").getDeleted()).isFalse();
      shard.ask("bob", "{\"kind\":\"delete\"}");
    }
    shard.adopt("bob", "f");
    assertThat(shard.answer().hasRepeatOf()).isTrue();
    assertThat(shard.manifest("bob").getDeleted()).isTrue();
  }

  private static final Adoption FORK_ELSEWHERE =
      Adoption.newBuilder()
          .setParent("ann")
          .setForkId("f")
          .setChild(Manifest.newBuilder().setSession("bob"))
          .build();

  /** The next owner of a shard in which a fork into another one is under way. */
  private LoneShard ownerOfPin(long sinceMs) {
    Pin pin =
        Pin.newBuilder()
            .setChild("bob")
            .setAdoption(FORK_ELSEWHERE.toByteString())
            .setSinceMs(sinceMs)
            .build();
    shard.manifests.computeIfPresent(
        "ann", (name, manifest) -> manifest.toBuilder().addPins(pin).build());
    return new LoneShard(shard.manifests, ToyModel.served(), Upgrade.ADOPT);
  }

  @Test
  void aWordThatWaitsForTheSessionToComeBackIsReadAgainByWhoeverFollows() {
    shard.turn("ann", 0, "a");
    shard.turn("ann", 1, "b");
    LoneShard later = ownerOfPin(LoneShard.NOW_MS);
    later.ask("ann", "{\"prompt\":\"c\",\"parent_turn\":0,\"max_tokens\":1,\"request_id\":\"c\"}");
    later.tellBack("ann", FORK_ELSEWHERE);
    assertThat(later.answers()).isEmpty();
    assertThat(later.controlsFrom()).isZero();
    later.run("ann", 2);
    assertThat(later.answer().getStanding().getSession()).isEqualTo("bob");
    assertThat(later.controlsFrom()).isEqualTo(1);
  }

  @Test
  void aForkWhosePinLiesAheadOfTheClockDoesNotWaitUntilThen() {
    shard.turn("ann", 0, "a");
    LoneShard later = ownerOfPin(LoneShard.NOW_MS + 36_000_000);
    later.ask("ann", "{\"prompt\":\"b\",\"max_tokens\":1}");
    assertThat(later.effects).hasAtLeastOneElementOfType(Effect.Tell.class);
    later.nowMs += 599_999;
    later.on(new ShardEvent.Tick());
    assertThat(later.effects).doesNotHaveAnyElementsOfTypes(Effect.TellBack.class);
    later.nowMs += 1;
    later.on(new ShardEvent.Tick());
    assertThat(later.effects).hasAtLeastOneElementOfType(Effect.TellBack.class);
  }
}
