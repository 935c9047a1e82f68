package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.Midpoint;
import dev.skein.engine.Progress;
import dev.skein.engine.SessionState;
import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.TokenEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A turn whose owner dies in its middle, and the next one cannot run it on. */
class HalfRunTest {

  private static final String LONG = "{\"prompt\":\"b\",\"max_tokens\":99}";

  private final Map<String, Manifest> manifests = new HashMap<>();

  private LoneShard shard(ServedModels models, Upgrade rule) {
    return new LoneShard(manifests, models, rule);
  }

  private LoneShard shard() {
    return shard(ToyModel.served(), Upgrade.ADOPT);
  }

  /** Begins a turn of that number and shows two of its tokens. */
  private LoneShard halfRun(int number) {
    LoneShard shard = shard();
    shard.ask("ann", LONG);
    shard.on(new ShardEvent.StartAcknowledged("ann", number, 0));
    drawn(shard, number, 0, 'x');
    drawn(shard, number, 1, 'y');
    return shard;
  }

  private static void drawn(LoneShard shard, int turn, int index, char letter) {
    shard.on(
        new ShardEvent.Drawn(
            "ann", turn, new DrawnToken(index, letter, letter + "", false, 0, List.of())));
  }

  /** Stores the turn behind its first token, which committed readers see by then. */
  private void storeMiddle(LoneShard shard, int turn) {
    int read = manifest().getTailCount() + 1;
    Progress progress =
        new Progress(1, new int[] {'x'}, new int[] {'x'}, new float[] {1}, new byte[0]);
    Midpoint midpoint = new Midpoint(SessionState.of(new float[] {9, 9}), read, progress);
    shard.on(new ShardEvent.Midway("ann", turn, midpoint, 2));
    Snapshot snapshot =
        ofKind(shard, Effect.StoreSnapshot.class).reduce((a, b) -> b).orElseThrow().snapshot();
    Slot slot = Slot.newBuilder().setPosition(snapshot.getPosition()).build();
    shard.on(new ShardEvent.SnapshotStored("ann", slot));
  }

  private static <T extends Effect> Stream<T> ofKind(LoneShard shard, Class<T> kind) {
    return shard.effects.stream().filter(kind::isInstance).map(kind::cast);
  }

  /** What is written of turns: (turn, index) and the token, or how it ended. */
  private static List<String> told(LoneShard shard) {
    return ofKind(shard, Effect.Publish.class)
        .map(Effect.Publish::event)
        .filter(event -> !event.hasStarted())
        .map(HalfRunTest::told)
        .toList();
  }

  private static String told(TokenEvent event) {
    String what =
        event.hasToken()
            ? event.getToken().getText()
            : event.getEnd().hasError()
                ? event.getEnd().getError().getCode()
                : event.getEnd().getFinishReason();
    return event.getTurn() + "." + event.getIndex() + " " + what;
  }

  private void assertGoesOnWith(int number) {
    byte[] before = manifest().getChain().toByteArray();
    LoneShard home = shard();
    home.turn("ann", number, "c");
    assertThat(told(home)).containsExactly(number + ".0 z", number + ".1 length");
    assertThat(manifest().getNextTurn()).isEqualTo(number + 1);
    assertThat(manifest().getChain().toByteArray())
        .isEqualTo(TurnIds.link(before, new int[] {'c', 'z'}));
  }

  private Manifest manifest() {
    return manifests.getOrDefault("ann", Manifest.getDefaultInstance());
  }

  @Test
  void otherWeightsEndItBehindWhatWasShown() {
    shard().turn("ann", 0, "a");
    Manifest before = manifest();
    LoneShard next = halfRun(1).successor(ToyModel.served("other"), Upgrade.ADOPT);
    next.ask("ann", LONG);
    assertThat(told(next)).containsExactly("1.0 x", "1.1 y", "1.2 fingerprint_mismatch");
    assertThat(next.answer().getUsage().getCompletionTokens()).isEqualTo(2);
    assertThat(next.answer().getRequestOffset()).isEqualTo(1);
    assertThat(manifest().getFingerprint()).isEqualTo(before.getFingerprint());
    assertThat(manifest().getHead()).isEqualTo(before.getHead());
    assertThat(manifest().getTailList()).isEqualTo(before.getTailList());
    next.ask("ann", "{\"prompt\":\"c\"}");
    assertThat(told(next)).last().isEqualTo("-1.0 fingerprint_mismatch");
    assertGoesOnWith(2);
  }

  @Test
  void whatItAnsweredIsAnsweredSoAgain() {
    shard().turn("ann", 0, "a");
    LoneShard next = halfRun(1).successor(ToyModel.served("other"), Upgrade.ADOPT);
    next.ask("ann", LONG);
    next.ask("ann", "{\"prompt\":\"b\",\"request_id\":\"0-1\"}");
    assertThat(next.answer().getRepeatOf()).isEqualTo(1);
  }

  @Test
  void anEndThatWasShownBinds() {
    shard().turn("ann", 0, "a");
    LoneShard last = halfRun(1);
    last.on(
        new ShardEvent.Ended(
            "ann",
            1,
            new GenerationEnd(
                FinishReason.STOP,
                "",
                1,
                2,
                SessionState.of(new float[2]),
                new int[] {'x', 'y'},
                1,
                null)));
    manifests.put("ann", manifest().toBuilder().setNextTurn(1).clearRecent().build());
    LoneShard next = last.successor(ToyModel.served("other"), Upgrade.ADOPT);
    next.ask("ann", LONG);
    assertThat(told(next)).containsExactly("1.0 x", "1.1 y", "1.2 stop");
    assertThat(manifest().getNextTurn()).isEqualTo(2);
  }

  @Test
  void storedInItsMiddleItEndsLikewise() {
    shard().turn("ann", 0, "a");
    for (Upgrade rule : Upgrade.values()) {
      int number = manifest().getNextTurn();
      LoneShard last = halfRun(number);
      storeMiddle(last, number);
      assertThat(manifest().hasUnfinished()).isTrue();
      LoneShard next = last.successor(ToyModel.served("other"), rule);
      next.on(new ShardEvent.Acquired());
      next.ask("bob", "{\"prompt\":\"c\"}");
      next.ask("ann", "{\"request_id\":\"now\",\"prompt\":\"c\",\"max_tokens\":1}");
      assertThat(ofKind(next, Effect.LoadState.class)).as("no foreign state").isEmpty();
      assertThat(told(next).getFirst()).isEqualTo(number + ".1 y");
      assertThat(told(next).get(1)).isEqualTo(number + ".2 fingerprint_mismatch");
      assertThat(manifest().hasUnfinished()).isFalse();
      assertThat(manifest().getNextTurn()).isEqualTo(number + 1);
    }
  }

  @Test
  void theMiddleOfAFirstTurnIsNotRunOnByOtherWeights() {
    for (Upgrade rule : Upgrade.values()) {
      manifests.clear();
      LoneShard last = halfRun(0);
      storeMiddle(last, 0);
      Snapshot snapshot =
          ofKind(last, Effect.StoreSnapshot.class).findFirst().orElseThrow().snapshot();
      LoneShard next = last.successor(ToyModel.served("other"), rule);
      next.ask("ann", "{\"request_id\":\"now\",\"prompt\":\"c\"}");
      boolean loads = ofKind(next, Effect.LoadState.class).findAny().isPresent();
      assertThat(loads).as("whose it is may be known before").isEqualTo(rule != Upgrade.ADOPT);
      if (loads) {
        next.on(new ShardEvent.StateLoaded("ann", snapshot, null));
      }
      assertThat(ofKind(next, Effect.Run.class)).isEmpty();
      String why = loads ? "fingerprint_mismatch" : "model_changed";
      assertThat(told(next)).containsExactly("0.1 y", "0.2 " + why);
      assertThat(next.started(1)).as("what follows begins").isTrue();
    }
  }

  @Test
  void whereTheTranscriptIsGoneItKeepsItsNumber() {
    shard().turn("ann", 0, "a");
    manifests.put("ann", manifest().toBuilder().addSlots(Slot.getDefaultInstance()).build());
    LoneShard next = halfRunOfLoaded().successor(ToyModel.served("other"), Upgrade.REPLAY);
    next.ask("ann", LONG);
    next.on(new ShardEvent.PastRead("ann", null, "It is gone."));
    assertThat(told(next)).containsExactly("1.0 x", "1.1 y", "1.2 replay_unavailable");
    assertThat(manifest().getNextTurn()).isEqualTo(2);
  }

  private LoneShard halfRunOfLoaded() {
    LoneShard shard = shard();
    shard.ask("ann", LONG);
    shard.on(new ShardEvent.StateLoaded("ann", SNAPSHOT, null));
    shard.on(new ShardEvent.StartAcknowledged("ann", 1, 0));
    drawn(shard, 1, 0, 'x');
    drawn(shard, 1, 1, 'y');
    return shard;
  }

  private static final Snapshot SNAPSHOT =
      Snapshot.newBuilder()
          .setFingerprint(ToyModel.served().models().getFirst().fingerprint())
          .setState(StateBytes.of(SessionState.of(new float[2])))
          .build();

  @Test
  void aStateThatIsGoneEndsItBehindWhatWasShown() {
    shard().turn("ann", 0, "a");
    manifests.put("ann", manifest().toBuilder().addSlots(Slot.getDefaultInstance()).build());
    LoneShard next = halfRunOfLoaded().successor();
    next.ask("ann", LONG);
    next.on(new ShardEvent.StateLoaded("ann", null, "It is gone."));
    assertThat(told(next)).containsExactly("1.0 x", "1.1 y", "1.2 state_unavailable");
  }

  @Test
  void wordsOfAnotherTokenizerAreNotReadOn() {
    shard().turn("ann", 0, "a");
    manifests.put("ann", manifest().toBuilder().setTokenizer("letters").build());
    ServedModels others = ToyModel.served("other", "syllables", 256);
    LoneShard next = halfRun(1).successor(others, Upgrade.FRESH);
    next.ask("ann", LONG);
    assertThat(told(next)).containsExactly("1.0 x", "1.1 y", "1.2 tokenizer_mismatch");
    next.turn("ann", 2, "c");
    assertThat(next.started().generation().prompt()).containsExactly('c');
  }

  @Test
  void tokensThatTheModelDoesNotKnowAreNotReadOn() {
    LoneShard next = halfRun(0).successor(ToyModel.served("other", "", 'y'), Upgrade.REPLAY);
    next.ask("ann", LONG);
    assertThat(told(next)).containsExactly("0.0 x", "0.1 y", "0.2 tokenizer_mismatch");
    next.turn("ann", 1, "c");
    assertThat(manifest().getFingerprint().getModel()).isEqualTo("other");
  }

  @Test
  void otherWeightsEndAFirstTurnBehindWhatWasShown() {
    LoneShard next = halfRun(0).successor(ToyModel.served("other"), Upgrade.ADOPT);
    next.ask("ann", LONG);
    assertThat(told(next)).containsExactly("0.0 x", "0.1 y", "0.2 model_changed");
    next.turn("ann", 1, "c");
    assertThat(manifest().getFingerprint().getModel()).isEqualTo("other");
  }

  @Test
  void aTurnDoesNotGoOnWithoutTheOneThatItFollowed() {
    shard().turn("ann", 0, "a");
    LoneShard last = halfRun(1);
    Manifest lost = manifest().toBuilder().clearHead().clearTail().clearTokensRead().build();
    manifests.put("ann", lost);
    LoneShard next = last.successor();
    next.ask("ann", LONG);
    assertThat(told(next)).containsExactly("1.0 x", "1.1 y", "1.2 model_changed");
  }

  @Test
  void aFirstTurnThatWasShownToItsEndIsReadByOtherWeights() {
    LoneShard last = halfRun(0);
    int[] ids = {'x', 'y'};
    last.on(
        new ShardEvent.Ended(
            "ann",
            0,
            new GenerationEnd(
                FinishReason.STOP, "", 1, 2, SessionState.of(new float[2]), ids, 1, null)));
    manifests.clear();
    LoneShard next = last.successor(ToyModel.served("other"), Upgrade.ADOPT);
    next.ask("ann", LONG);
    next.on(new ShardEvent.StartAcknowledged("ann", 0, 9));
    assertThat(next.started().generation().drawn()).containsExactly('x', 'y');
    assertThat(next.started().generation().maxTokens()).isEqualTo(2);
  }

  @Test
  void otherWeightsBeginAFirstTurnOfWhichNothingWasShown() {
    LoneShard last = shard();
    last.ask("ann", LONG);
    last.on(new ShardEvent.StartAcknowledged("ann", 0, 0));
    LoneShard next = last.successor(ToyModel.served("other"), Upgrade.ADOPT);
    next.ask("ann", LONG);
    next.on(new ShardEvent.StartAcknowledged("ann", 0, 9));
    assertThat(next.started().generation().drawn()).isEmpty();
  }

  @Test
  void aFirstTurnGoesOnUnderOtherWeightsInTheSameWordsIfSessionsMay() {
    LoneShard next = halfRun(0).successor(ToyModel.served("other"), Upgrade.FRESH);
    next.ask("ann", LONG);
    next.on(new ShardEvent.StartAcknowledged("ann", 0, 9));
    assertThat(next.started().generation().drawn()).containsExactly('x', 'y');
  }

  @Test
  void aFirstTurnGoesOnInNoOtherWords() {
    ServedModels others = ToyModel.served("other", "syllables", 256);
    LoneShard next = halfRun(0).successor(others, Upgrade.FRESH);
    next.ask("ann", LONG);
    assertThat(told(next)).containsExactly("0.0 x", "0.1 y", "0.2 tokenizer_mismatch");
  }

  @Test
  void aSessionThatNoModelHasReadMayBeForked() {
    LoneShard next = halfRun(0).successor(ToyModel.served("other", "", 'y'), Upgrade.ADOPT);
    next.ask("ann", LONG);
    next.ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\"}");
    assertThat(next.answer().hasError()).isFalse();
    assertThat(next.manifest("bob").getSession()).isEqualTo("bob");
  }

  private static void fail(LoneShard shard, int turn, int drawn) {
    GenerationEnd failed =
        new GenerationEnd(FinishReason.ERROR, "", 1, drawn, null, new int[0], 0, "NaN");
    shard.on(new ShardEvent.Ended("ann", turn, failed));
  }

  @Test
  void anEngineThatFailsBeforeWhatWasShownEndsItBehindThat() {
    LoneShard next = halfRun(0).successor();
    next.ask("ann", LONG);
    next.on(new ShardEvent.StartAcknowledged("ann", 0, 9));
    drawn(next, 0, 0, 'x');
    fail(next, 0, 1);
    assertThat(told(next)).containsExactly("0.0 x", "0.1 y", "0.2 engine_error");
    assertThat(next.answer().getUsage().getCompletionTokens()).isEqualTo(2);
  }

  @Test
  void anEngineThatFailsBehindWhatWasShownEndsItThere() {
    LoneShard shard = halfRun(0);
    fail(shard, 0, 3);
    assertThat(told(shard)).containsExactly("0.0 x", "0.1 y", "0.3 engine_error");
  }

  @Test
  void aReplayGoesOnWithWhatWasShown() {
    shard().turn("ann", 0, "a");
    LoneShard next = halfRun(1).successor(ToyModel.served("other"), Upgrade.REPLAY);
    next.ask("ann", LONG);
    next.on(new ShardEvent.StartAcknowledged("ann", 1, 9));
    assertThat(next.started().generation().prompt()).containsExactly('a', 'z', 'b');
    assertThat(next.started().generation().drawn()).containsExactly('x', 'y');
  }
}
