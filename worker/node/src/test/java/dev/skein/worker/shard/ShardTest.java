package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.Midpoint;
import dev.skein.engine.Progress;
import dev.skein.engine.SessionState;
import dev.skein.proto.Cancel;
import dev.skein.proto.Control;
import dev.skein.proto.End;
import dev.skein.proto.Manifest;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Shards;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.Started;
import dev.skein.proto.Tenure;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Wire;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.store.ShardStore.StoredEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Single decisions of a shard, event by event. */
class ShardTest {

  private static final ShardLimits LIMITS =
      new ShardLimits(2, 4, 4, 10, 1_000_000, 1_000, 10, 4, 60_000, ShardLimits.Keeping.USUAL);

  private final List<Effect> effects = new ArrayList<>();
  private final Shard shard = shard(0, 1);
  private long nowMs = 10_000;

  private static Shard shard(int number, int shards) {
    return shard(number, ShardRecord.newBuilder().setEpoch(3).setPartitions(shards).build());
  }

  private static Shard shard(int number, ShardRecord record) {
    Acquired acquired = new Acquired(3, record, true, true, List.of(), 0, 0);
    return new Shard(number, record.getPartitions(), acquired, ToyModel.served(), LIMITS);
  }

  private void on(Shard to, ShardEvent event) {
    List<Effect> answer = to.on(event, nowMs);
    effects.addAll(answer);
    for (Effect effect : answer) {
      if (effect instanceof Effect.LookUp look) {
        on(to, new ShardEvent.LookedUp(look.session(), null));
      }
    }
  }

  private void read(long offset, String session, String json) {
    on(shard, new ShardEvent.RequestRead(ToyModel.request(offset, session, json)));
  }

  private <T extends Effect> List<T> all(Class<T> kind) {
    return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private List<End> ends() {
    return all(Effect.Publish.class).stream()
        .filter(publish -> publish.event().hasEnd())
        .map(publish -> publish.event().getEnd())
        .toList();
  }

  @Test
  void nothingRunsBeforeItsStartIsAcknowledged() {
    read(0, "ann", "{\"prompt\":\"a\"}");
    assertThat(all(Effect.Publish.class)).singleElement().matches(p -> p.event().hasStarted());
    assertThat(all(Effect.Run.class)).isEmpty();
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 40));
    assertThat(all(Effect.Run.class)).hasSize(1);
    assertThat(shard.record(Tenure.TENURE_RUNNING, 99).getTokensFrom()).isEqualTo(40);
  }

  @Test
  void turnsOfOneSessionFollowEachOther() {
    read(0, "ann", "{\"prompt\":\"a\"}");
    read(1, "ann", "{\"prompt\":\"b\"}");
    read(2, "bob", "{\"prompt\":\"c\"}");
    assertThat(all(Effect.Publish.class)).hasSize(2);
    assertThat(shard.waiting()).isEqualTo(1);
  }

  @Test
  void aSessionWithTooManyWaitingTurnsIsBusyAndAFullShardIsPaused() {
    for (int i = 0; i < 4; i++) {
      read(i, "ann", "{\"prompt\":\"a\"}");
    }
    assertThat(ends()).singleElement().matches(e -> e.getFinishReason().equals("session_busy"));
    assertThat(ends().getFirst().getError().getMessage())
        .as("what to do")
        .contains("2 turns", "ask again when one has ended", "cancel one");
    read(4, "bob", "{\"prompt\":\"a\"}");
    assertThat(all(Effect.Flow.class)).isEmpty();
    read(5, "bob", "{\"prompt\":\"a\"}");
    assertThat(all(Effect.Flow.class)).isEmpty();
    read(6, "bob", "{\"prompt\":\"a\"}");
    assertThat(all(Effect.Flow.class)).singleElement().matches(Effect.Flow::paused);
  }

  @Test
  void whatAnEarlierOwnerFinishedFarAheadDoesNotKeepAShardFromReadingOn() {
    List<Long> ahead = List.of(20L, 21L, 22L);
    Shard next =
        shard(
            0, ShardRecord.newBuilder().setEpoch(3).setPartitions(1).addAllFinished(ahead).build());
    for (int i = 0; i < 6; i++) {
      String json = "{\"prompt\":\"a\",\"request_id\":\"" + i + "\"}";
      on(next, new ShardEvent.RequestRead(ToyModel.request(i, i < 3 ? "ann" : "bob", json)));
    }
    assertThat(all(Effect.Flow.class)).singleElement().matches(Effect.Flow::paused);
    for (String waiting : List.of("1", "2")) {
      cancel(next, "", waiting);
    }
    assertThat(all(Effect.Flow.class)).hasSize(2).last().matches(flow -> !flow.paused());
  }

  @Test
  void aCancelEndsARunningTurnAndWhatWaits() {
    read(0, "ann", "{\"prompt\":\"a\",\"request_id\":\"x\"}");
    read(1, "ann", "{\"prompt\":\"a\",\"request_id\":\"y\"}");
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 1));
    on(shard, new ShardEvent.Drawn("ann", 0, new DrawnToken(0, 9, "i", false, 0, List.of())));
    cancel("y");
    assertThat(ends()).singleElement().matches(e -> e.getFinishReason().equals("cancelled"));
    cancel("x");
    assertThat(all(Effect.Cancel.class)).hasSize(1);
    on(shard, ended(FinishReason.CANCELLED, 1));
    assertThat(ends()).hasSize(2).allMatch(e -> e.getFinishReason().equals("cancelled"));
    assertThat(all(Effect.StoreManifest.class)).hasSize(1);
  }

  @Test
  void aCancelMayOutrunItsRequest() {
    cancel("x");
    read(0, "ann", "{\"prompt\":\"a\",\"request_id\":\"x\"}");
    assertThat(ends()).singleElement().matches(e -> e.getFinishReason().equals("cancelled"));
    assertThat(all(Effect.Run.class)).isEmpty();
  }

  @Test
  void aCancelThatComesTooLateIsNotForTheSameRequestAskedForAgain() {
    read(0, "ann", "{\"prompt\":\"a\",\"request_id\":\"x\"}");
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 1));
    on(shard, ended(FinishReason.LENGTH, 1));
    cancel("ann", "x");
    read(1, "ann", "{\"prompt\":\"a\",\"request_id\":\"x\"}");
    assertThat(ends()).hasSize(2).last().matches(end -> end.hasRepeatOf());
  }

  @Test
  void aCancelIsForTheSessionThatItNames() {
    read(0, "ann", "{\"prompt\":\"a\",\"request_id\":\"1\"}");
    read(1, "ann", "{\"prompt\":\"a\",\"request_id\":\"2\"}");
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 1));
    cancel("bob", "1");
    cancel("bob", "2");
    assertThat(all(Effect.Cancel.class)).isEmpty();
    assertThat(ends()).isEmpty();
    cancel("cid", "3");
    read(2, "ann", "{\"prompt\":\"a\",\"request_id\":\"3\"}");
    assertThat(ends()).isEmpty();
    read(3, "cid", "{\"prompt\":\"a\",\"request_id\":\"3\"}");
    assertThat(ends()).singleElement().matches(e -> e.getFinishReason().equals("cancelled"));
    cancel("ann", "1");
    assertThat(all(Effect.Cancel.class)).hasSize(1);
  }

  @Test
  void aDeadlineEndsTheTurnOnTheOwnersClock() {
    read(0, "ann", "{\"prompt\":\"a\",\"deadline_ms\":9500}");
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 1));
    assertThat(shard.wakeUpMs()).hasValue(10_500);
    nowMs = 10_500;
    on(shard, new ShardEvent.Tick());
    assertThat(all(Effect.Cancel.class)).hasSize(1);
    on(shard, ended(FinishReason.CANCELLED, 0));
    assertThat(ends()).singleElement().matches(e -> e.getFinishReason().equals("deadline"));
  }

  @Test
  void aRepeatedRequestIsAnsweredWithItsFirstTurn() {
    read(0, "ann", "{\"prompt\":\"a\",\"request_id\":\"x\"}");
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 1));
    on(shard, ended(FinishReason.LENGTH, 0));
    read(1, "ann", "{\"prompt\":\"a\",\"request_id\":\"x\"}");
    assertThat(ends().getLast().getRepeatOf()).isZero();
    assertThat(ends().getLast().hasRepeatOf()).isTrue();
    assertThat(all(Effect.Run.class)).hasSize(1);
  }

  @Test
  void garbageBecomesADeadLetterAndAnAnswer() {
    read(0, "ann", "{\"prompt\":");
    read(1, "ann", "{\"prompt\":\"a\"}");
    assertThat(all(Effect.DeadLetter.class)).hasSize(1);
    assertThat(ends()).singleElement().matches(e -> e.getFinishReason().equals("error"));
    assertThat(shard.running()).isEqualTo(1);
    assertThat(shard.record(Tenure.TENURE_RUNNING, 99).getWatermark()).isEqualTo(1);
  }

  @Test
  void aMisplacedRecordIsForwardedOnceAndItsSecondCopyDropped() {
    Shard two = shard(Shards.of("ann", 2), 2);
    Shard other = shard(1 - Shards.of("ann", 2), 2);
    RawRecord raw = ToyModel.request(6, "ann", "{\"prompt\":\"a\"}");
    on(other, new ShardEvent.RequestRead(raw));
    assertThat(all(Effect.Forward.class))
        .singleElement()
        .matches(f -> f.partition() == Shards.of("ann", 2));
    assertThat(other.record(Tenure.TENURE_RUNNING, 0).getWatermark()).isEqualTo(6);
    on(other, new ShardEvent.Forwarded(6));
    assertThat(other.record(Tenure.TENURE_RUNNING, 0).getWatermark()).isEqualTo(7);

    String origin = (1 - Shards.of("ann", 2)) + "/6";
    for (long offset = 0; offset < 2; offset++) {
      on(
          two,
          new ShardEvent.RequestRead(
              new RawRecord(
                  offset,
                  "ann".getBytes(StandardCharsets.UTF_8),
                  raw.value(),
                  Map.of(Wire.CONTENT_TYPE, Wire.JSON, Wire.ORIGIN, origin),
                  0)));
    }
    assertThat(two.running() + two.waiting()).isEqualTo(1);
  }

  @Test
  void aFailedTurnLeavesTheStateAsItWas() {
    read(0, "ann", "{\"prompt\":\"a\"}");
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 1));
    on(
        shard,
        new ShardEvent.Ended(
            "ann", 0, new GenerationEnd(FinishReason.ERROR, "", 1, 0, null, new int[0], 0, "NaN")));
    assertThat(ends()).singleElement().matches(e -> e.getError().getMessage().equals("NaN"));
    assertThat(all(Effect.StoreManifest.class).getLast().manifest().getTokensRead()).isZero();
    assertThat(all(Effect.StoreManifest.class).getLast().manifest().getNextTurn()).isEqualTo(1);
  }

  @Test
  void aLongTurnIsStoredInItsMiddleAndTheWatermarkPassesIt() {
    storeALongTurnInItsMiddle();
  }

  private void storeALongTurnInItsMiddle() {
    read(0, "ann", "{\"prompt\":\"a\",\"max_tokens\":99}");
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 40));
    assertThat(all(Effect.Capture.class)).singleElement().matches(c -> c.afterTokens() == 10);
    on(shard, drawn(0));
    on(shard, midway(1, 1, 50));
    Snapshot snapshot = all(Effect.StoreSnapshot.class).getFirst().snapshot();
    assertThat(snapshot.getSampler().getDrawn()).isEqualTo(1);
    assertThat(snapshot.getSampler().getPenaltyTokensList()).containsExactly(9);
    assertThat(shard.record(Tenure.TENURE_RUNNING, 99).getWatermark()).isZero();

    on(shard, new ShardEvent.SnapshotStored("ann", stored(snapshot, 0)));
    Manifest manifest = all(Effect.StoreManifest.class).getLast().manifest();
    assertThat(manifest.getUnfinished().getRequest().toStringUtf8()).contains("max_tokens");
    assertThat(manifest.getSlotsCount()).as("the head before the turn").isZero();
    ShardRecord record = shard.record(Tenure.TENURE_RUNNING, 99);
    assertThat(record.getWatermark()).isEqualTo(1);
    assertThat(record.getTokensFrom()).isEqualTo(50);
    assertThat(record.getOpenTurnsList()).singleElement().matches(o -> o.getRead() == 1);
  }

  @Test
  void theNextOwnerGoesOnInTheMiddle() {
    storeALongTurnInItsMiddle();
    Manifest manifest = all(Effect.StoreManifest.class).getLast().manifest();
    Snapshot snapshot = all(Effect.StoreSnapshot.class).getFirst().snapshot();
    ShardRecord record = shard.record(Tenure.TENURE_RELEASED, 99);
    Acquired acquired = new Acquired(4, record, false, true, List.of(), 99, 0);
    Shard next = new Shard(0, 1, acquired, ToyModel.served(), LIMITS);
    effects.clear();
    assertThat(next.on(new ShardEvent.Acquired(), nowMs))
        .singleElement()
        .isEqualTo(new Effect.LookUp("ann"));
    on(next, new ShardEvent.LookedUp("ann", manifest));
    assertThat(all(Effect.LoadState.class)).hasSize(1);
    on(next, new ShardEvent.StateLoaded("ann", snapshot, null));
    on(next, new ShardEvent.StartAcknowledged("ann", 0, 120));
    Generation rest = all(Effect.Run.class).getFirst().generation();
    assertThat(rest.prompt()).isEmpty();
    assertThat(rest.progress().drawn()).isEqualTo(1);
    assertThat(rest.progress().unread()).containsExactly(9);
  }

  @Test
  void aDrainStoresWhatRunsAndBeginsNothing() {
    String prompt = "a".repeat(64);
    read(0, "ann", "{\"prompt\":\"%s\",\"max_tokens\":99}".formatted(prompt));
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 40));
    on(shard, drawn(0));
    effects.clear();
    on(shard, new ShardEvent.Drain());
    assertThat(all(Effect.Capture.class)).singleElement().matches(c -> c.afterTokens() == 0);
    assertThat(shard.isDrained()).isFalse();
    on(shard, midway(64, 1, 50));
    assertThat(all(Effect.Cancel.class)).as("the engine is not needed any more").hasSize(1);
    on(shard, drawn(1));
    assertThat(all(Effect.Publish.class)).as("nothing is shown after the boundary").isEmpty();
    Snapshot snapshot = all(Effect.StoreSnapshot.class).getFirst().snapshot();
    assertThat(shard.isDrained()).isFalse();
    on(shard, new ShardEvent.SnapshotStored("ann", stored(snapshot, 0)));
    assertThat(shard.isDrained()).isTrue();
    assertThat(shard.record(Tenure.TENURE_RELEASED, 99).getOpenTurnsCount()).isEqualTo(1);
  }

  @Test
  void aTurnThatKilledFiveOwnersIsQuarantined() {
    assertThat(shardAfterAttempts(2).running()).isEqualTo(2);
    Shard alone = shardAfterAttempts(3);
    assertThat(alone.running()).as("the suspect runs alone").isEqualTo(1);
    effects.clear();
    Shard last = shardAfterAttempts(5);
    assertThat(ends()).singleElement().matches(e -> e.getFinishReason().equals("quarantined"));
    assertThat(all(Effect.DeadLetter.class)).hasSize(1);
    assertThat(last.running()).as("others go on").isEqualTo(1);
  }

  /** A shard that finds a turn of ann started so often, and reads it after one of bob. */
  private Shard shardAfterAttempts(int attempts) {
    TokenEvent event =
        TokenEvent.newBuilder()
            .setSession("ann")
            .setRequestId("x")
            .setStarted(Started.newBuilder().setAttempt(attempts).setRequestOffset(1))
            .build();
    ShardRecord record = ShardRecord.newBuilder().setEpoch(3).setPartitions(1).build();
    List<StoredEvent> tail = List.of(new StoredEvent(7, event, true, true));
    Acquired acquired = new Acquired(4, record, false, false, tail, 8, 0);
    Shard after = new Shard(0, 1, acquired, ToyModel.served(), LIMITS);
    on(after, new ShardEvent.RequestRead(ToyModel.request(0, "bob", "{\"prompt\":\"b\"}")));
    String poison = "{\"prompt\":\"a\",\"request_id\":\"x\"}";
    on(after, new ShardEvent.RequestRead(ToyModel.request(1, "ann", poison)));
    return after;
  }

  private static ShardEvent drawn(int index) {
    return new ShardEvent.Drawn("ann", 0, new DrawnToken(index, 9, "i", false, 0, List.of()));
  }

  private static ShardEvent midway(int read, int drawn, long tokensEnd) {
    Progress progress =
        new Progress(drawn, new int[] {9}, new int[] {9}, new float[] {1}, new byte[0]);
    SessionState state = SessionState.of(new float[2]);
    return new ShardEvent.Midway("ann", 0, new Midpoint(state, read, progress), tokensEnd);
  }

  private static Slot stored(Snapshot snapshot, int slot) {
    return Slot.newBuilder().setSlot(slot).setPosition(snapshot.getPosition()).build();
  }

  private void cancel(String requestId) {
    cancel("", requestId);
  }

  private void cancel(String session, String requestId) {
    cancel(shard, session, requestId);
  }

  private void cancel(Shard at, String session, String requestId) {
    Control control =
        Control.newBuilder()
            .setSession(session)
            .setRequestId(requestId)
            .setCancel(Cancel.newBuilder())
            .build();
    on(at, new ShardEvent.ControlRead(0, control));
  }

  private static ShardEvent ended(FinishReason reason, int tokens) {
    int[] kept = new int[tokens];
    return new ShardEvent.Ended(
        "ann",
        0,
        new GenerationEnd(
            reason, "", 1, tokens, SessionState.of(new float[2]), kept, Math.min(1, tokens), null));
  }
}
