package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import dev.skein.store.Past;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Sessions of a model that is served no more. */
class UpgradeTest {

  private static final int[] READ = {'a', 'z', 'b', 'z'};
  private static final ServedModels SYLLABLES = ToyModel.served("other", "syllables", 256);
  private static final String CONVERSATION =
      """
      {"messages":[
        {"role":"user","content":"hi"},
        {"role":"assistant","content":"no"},
        {"role":"user","content":"d"}]}
      """;

  private final Map<String, Manifest> manifests = new HashMap<>();

  UpgradeTest() {
    LoneShard before = new LoneShard(manifests, ToyModel.served(), Upgrade.ADOPT);
    before.turn("ann", 0, "a");
    before.turn("ann", 1, "b");
  }

  /** As if the session had been stored after its first ids. */
  private void store() {
    Manifest manifest = Objects.requireNonNull(manifests.get("ann"));
    byte[] chain = TurnIds.link(new byte[0], new int[] {'a', 'z', 'b'});
    manifests.put(
        "ann",
        manifest.toBuilder()
            .addSlots(Slot.newBuilder().setChain(ByteString.copyFrom(chain)).setTokensRead(3))
            .clearTail()
            .addTail('z')
            .build());
  }

  private LoneShard after(Upgrade rule) {
    return new LoneShard(manifests, ToyModel.served("other"), rule);
  }

  private static void assertReadsEverything(LoneShard shard) {
    Generation cold = shard.started().generation();
    assertThat(cold.start()).isNull();
    assertThat(cold.prompt()).containsExactly('a', 'z', 'b', 'z', 'c');
    assertThat(shard.manifest("ann").getFingerprint().getModel()).isEqualTo("other");
    assertThat(shard.manifest("ann").getSlotsList()).isEmpty();
    assertThat(shard.manifest("ann").getNextTurn()).isEqualTo(3);
  }

  @Test
  void anotherModelIsRefusedUnlessItIsAskedFor() {
    LoneShard shard = after(Upgrade.ADOPT);
    shard.ask("ann", "{\"prompt\":\"c\"}");
    assertThat(shard.refusal()).isEqualTo("fingerprint_mismatch");
  }

  @Test
  void aReplayReadsWhatTheTranscriptTellsFromTheBeginning() {
    store();
    LoneShard shard = after(Upgrade.REPLAY);
    shard.ask("ann", "{\"prompt\":\"c\",\"max_tokens\":1}");
    assertThat(shard.effects.getLast()).isInstanceOf(Effect.ReadPast.class);
    shard.on(
        new ShardEvent.PastRead(
            "ann",
            new Past(Objects.requireNonNull(manifests.get("ann")).getHead(), 0, READ),
            null));
    shard.run("ann", 2);
    assertReadsEverything(shard);
  }

  @Test
  void aSessionThatWasNeverStoredNeedsNoTranscript() {
    LoneShard shard = after(Upgrade.REPLAY);
    shard.turn("ann", 2, "c");
    assertReadsEverything(shard);
  }

  @Test
  void withoutATranscriptAReplayIsRefused() {
    store();
    LoneShard shard = after(Upgrade.REPLAY);
    shard.ask("ann", "{\"prompt\":\"c\"}");
    shard.on(new ShardEvent.PastRead("ann", null, "It is gone."));
    assertThat(shard.refusal()).isEqualTo("replay_unavailable");
  }

  @Test
  void aFreshStartForgetsButCountsOn() {
    store();
    LoneShard shard = after(Upgrade.FRESH);
    shard.turn("ann", 2, "c");
    assertThat(shard.started().generation().prompt()).containsExactly('c');
    assertThat(shard.started().generation().start()).isNull();
    assertThat(shard.manifest("ann").getTokensRead()).isEqualTo(2);
  }

  private static List<Transcript> transcripts(LoneShard shard) {
    return shard.effects.stream()
        .filter(Effect.StoreTranscript.class::isInstance)
        .map(effect -> ((Effect.StoreTranscript) effect).transcript())
        .toList();
  }

  @Test
  void whatWasSaidBeforeAFreshStartIsTold() {
    TurnRef left = Objects.requireNonNull(manifests.get("ann")).getHead();
    LoneShard shard = after(Upgrade.FRESH);
    shard.ask("ann", "{\"prompt\":\"c\",\"expect_turn\":7}");
    shard.turn("ann", 2, "c");
    shard.turn("ann", 3, "d");
    Transcript first = transcripts(shard).getFirst();
    assertThat(first.hasParent()).isFalse();
    assertThat(first.getAnewAfter()).isEqualTo(left);
    Transcript next = transcripts(shard).getLast();
    assertThat(next.getParent().getTurn()).isEqualTo(2);
    assertThat(next.hasAnewAfter()).isFalse();
  }

  @Test
  void aFreshStartThatFailsHidesNothing() {
    TurnRef left = Objects.requireNonNull(manifests.get("ann")).getHead();
    LoneShard failed = after(Upgrade.FRESH);
    failed.ask("ann", "{\"prompt\":\"c\"}");
    failed.on(new ShardEvent.StartAcknowledged("ann", 2, 40));
    failed.on(
        new ShardEvent.Ended(
            "ann", 2, new GenerationEnd(FinishReason.ERROR, "", 1, 0, null, new int[0], 0, "NaN")));
    assertThat(failed.refusal()).isNotEmpty();
    LoneShard again = after(Upgrade.FRESH);
    again.turn("ann", 3, "d");
    LoneShard third = new LoneShard(manifests, ToyModel.served("third"), Upgrade.FRESH);
    third.turn("ann", 4, "e");
    assertThat(transcripts(again).getFirst().getAnewAfter()).isEqualTo(left);
    assertThat(transcripts(third).getFirst().getAnewAfter().getTurn()).isEqualTo(3);
  }

  private static void assertNoWayBack(LoneShard shard, String session) {
    for (String what :
        List.of(
            "\"kind\":\"rewind\"", "\"kind\":\"fork\",\"target\":\"cyd\"", "\"prompt\":\"d\"")) {
      shard.ask(session, "{%s,\"parent_turn\":1}".formatted(what));
      assertThat(shard.refusal()).as(what).isEqualTo("turn_not_found");
    }
    assertThat(shard.effects).doesNotHaveAnyElementsOfTypes(Effect.ReadPast.class);
  }

  @Test
  void aFreshStartHasNoWayBackToIdsThatMayBeOtherWords() {
    LoneShard shard = new LoneShard(manifests, SYLLABLES, Upgrade.FRESH);
    shard.turn("ann", 2, "c");
    assertNoWayBack(shard, "ann");
    shard.turn("ann", 3, "d");
    shard.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":2}");
    assertThat(shard.answer().getStanding().getTokensRead()).isEqualTo(2);
    LoneShard next = new LoneShard(manifests, SYLLABLES, Upgrade.FRESH);
    next.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":1,\"request_id\":\"next\"}");
    assertThat(next.refusal()).isEqualTo("turn_not_found");
  }

  @Test
  void aWayBackThatWasSaidToBeGoneIsGoneByWhoeverFollows() {
    Map<String, Manifest> committed = new HashMap<>(manifests);
    LoneShard first = new LoneShard(manifests, ToyModel.served(), Upgrade.FRESH);
    first.turn("ann", 2, "c");
    first.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":1}");
    manifests.clear();
    manifests.putAll(committed);
    LoneShard next = first.successor(ToyModel.served("other"), Upgrade.FRESH);
    next.turn("ann", 2, "c");
    assertThat(next.manifest("ann").getAnewFrom()).isEqualTo(2);
    next.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":1}");
    next.on(
        new ShardEvent.PastRead(
            "ann",
            new Past(Objects.requireNonNull(committed.get("ann")).getHead(), 0, READ),
            null));
    assertThat(next.answer().getStanding().getTokensRead()).isEqualTo(4);
  }

  @Test
  void norHasAForkOfIt() {
    LoneShard shard = new LoneShard(manifests, SYLLABLES, Upgrade.FRESH);
    shard.turn("ann", 2, "c");
    shard.ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\"}");
    shard.turn("bob", 3, "d");
    assertNoWayBack(shard, "bob");
    shard.ask("bob", "{\"kind\":\"rewind\",\"parent_turn\":3}");
    assertThat(shard.answer().getStanding().getTokensRead()).isEqualTo(4);
  }

  @Test
  void aConversationIsSentToNoForkBehindAFreshStart() {
    Manifest.Builder ann = Objects.requireNonNull(manifests.get("ann")).toBuilder();
    ann.getRecentBuilder(0).getEndBuilder().setMessages(1);
    manifests.put("ann", ann.build());
    LoneShard shard = new LoneShard(manifests, SYLLABLES, Upgrade.FRESH);
    shard.ask("ann", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":1}");
    shard.run("ann", 2);
    shard.ask("ann", CONVERSATION);
    assertThat(shard.answer().getError().getMessage())
        .contains("Message 1 (assistant)")
        .endsWith("Begin another session with this conversation.");
  }

  /** As if the first turn had read nothing, and the session had gone back there. */
  private void readNothing() {
    Manifest ann = Objects.requireNonNull(manifests.get("ann"));
    Manifest.Builder empty = ann.toBuilder().clearHead().clearTail().clearTokensRead();
    empty.getRecentBuilder(0).clearEnd();
    manifests.put("ann", empty.build());
  }

  @Test
  void whatHadReadNothingAndIsReadByAnotherModelHasBegunAnew() {
    readNothing();
    LoneShard shard = new LoneShard(manifests, SYLLABLES, Upgrade.ADOPT);
    shard.turn("ann", 2, "c");
    assertNoWayBack(shard, "ann");
  }

  @Test
  void aForkThatHasReadNothingBeginsWithItsOwnTurns() {
    LoneShard shard = new LoneShard(manifests, SYLLABLES, Upgrade.FRESH);
    shard.turn("ann", 2, "c");
    readNothing();
    LoneShard next = new LoneShard(manifests, SYLLABLES, Upgrade.FRESH);
    next.ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\"}");
    next.turn("bob", 0, "d");
    next.turn("bob", 1, "e");
    next.ask("bob", "{\"kind\":\"rewind\",\"parent_turn\":0}");
    assertThat(next.answer().getStanding().getTokensRead()).isEqualTo(2);
  }

  @Test
  void aTurnThatIsRefusedUpgradesNothing() {
    store();
    LoneShard shard = after(Upgrade.FRESH);
    shard.ask("ann", "{\"prompt\":\"c\",\"expect_turn\":7}");
    assertThat(shard.refusal()).isEqualTo("turn_mismatch");
    shard.ask("ann", "{\"kind\":\"rewind\",\"parent_turn\":1}");
    assertThat(shard.answer().getStanding().getTokensRead()).isEqualTo(4);
    assertThat(shard.manifest("ann").getFingerprint().getModel()).isEqualTo("toy");
  }

  @Test
  void aForkIsOfItsParentsWeightsWhoeverMakesIt() {
    LoneShard shard = after(Upgrade.ADOPT);
    shard.ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\"}");
    assertThat(shard.refusal()).isEmpty();
    assertThat(shard.manifest("bob").getFingerprint().getModel()).isEqualTo("toy");
    shard.ask("bob", "{\"prompt\":\"c\"}");
    assertThat(shard.refusal()).isEqualTo("fingerprint_mismatch");
  }

  @Test
  void anImportThatWasSaidToBeDoneIsDoneByWhoeverFollows() {
    Manifest told = Objects.requireNonNull(manifests.get("ann"));
    LoneShard before = new LoneShard(manifests, ToyModel.served(), Upgrade.ADOPT);
    LoneShard follows = before.loadedAndLost("bob", told, ToyModel.served("other"));
    assertThat(follows.refusal()).isEmpty();
    assertThat(follows.manifest("bob").getFingerprint().getModel()).isEqualTo("toy");
  }

  @Test
  void whatHasReadNothingWasMadeByNobody() {
    Manifest ann = Objects.requireNonNull(manifests.get("ann"));
    manifests.put("ann", ann.toBuilder().clearHead().clearTail().clearTokensRead().build());
    LoneShard shard = after(Upgrade.ADOPT);
    shard.turn("ann", 2, "c");
    assertThat(shard.manifest("ann").getFingerprint().getModel()).isEqualTo("other");
  }
}
