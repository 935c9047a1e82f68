package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.GenerationEnd;
import dev.skein.proto.Cancel;
import dev.skein.proto.Control;
import dev.skein.proto.End;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Shards;
import dev.skein.proto.Tenure;
import dev.skein.proto.Wire;
import dev.skein.store.ShardStore.Acquired;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Single decisions of a shard, event by event. */
class ShardTest {

  private static final ShardLimits LIMITS =
      new ShardLimits(2, 4, 4, 10, 1_000_000, 1_000, 10, 4, 60_000);

  private final List<Effect> effects = new ArrayList<>();
  private final Shard shard = shard(0, 1);
  private long nowMs = 10_000;

  private static Shard shard(int number, int shards) {
    ShardRecord record = ShardRecord.newBuilder().setEpoch(3).setPartitions(shards).build();
    Acquired acquired = new Acquired(3, record, true, true, List.of(), 0, 0);
    return new Shard(number, shards, acquired, ToyModel.served(), LIMITS);
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
    read(4, "bob", "{\"prompt\":\"a\"}");
    assertThat(all(Effect.Flow.class)).isEmpty();
    read(5, "bob", "{\"prompt\":\"a\"}");
    assertThat(all(Effect.Flow.class)).isEmpty();
    read(6, "bob", "{\"prompt\":\"a\"}");
    assertThat(all(Effect.Flow.class)).singleElement().matches(Effect.Flow::paused);
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

  private void cancel(String requestId) {
    Control control =
        Control.newBuilder().setRequestId(requestId).setCancel(Cancel.newBuilder()).build();
    on(shard, new ShardEvent.ControlRead(0, control));
  }

  private static ShardEvent ended(FinishReason reason, int tokens) {
    int[] kept = new int[tokens];
    return new ShardEvent.Ended(
        "ann",
        0,
        new GenerationEnd(
            reason,
            "",
            1,
            tokens,
            dev.skein.engine.SessionState.of(new float[2]),
            kept,
            Math.min(1, tokens),
            null));
  }
}
