package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.Midpoint;
import dev.skein.engine.Progress;
import dev.skein.engine.SessionState;
import dev.skein.proto.Manifest;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.Tenure;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A shard whose next owner gets ready: what runs is stored first and left later. */
class DepartureTest {
  private static final ShardLimits LIMITS =
      new ShardLimits(2, 4, 4, 99, 1_000_000, 1_000, 10, 4, 60_000, ShardLimits.Keeping.USUAL);

  private final List<Effect> effects = new ArrayList<>();
  private final List<StoredEvent> log = new ArrayList<>();

  private static Shard shard(Acquired acquired) {
    return new Shard(0, 1, acquired, ToyModel.served(), LIMITS);
  }

  private static Shard fresh() {
    ShardRecord record = ShardRecord.newBuilder().setEpoch(3).setPartitions(1).build();
    return shard(new Acquired(3, record, true, true, List.of(), 0, 0));
  }

  /** Takes an event; what is published is committed at the next offset, from 40 on. */
  private void on(Shard shard, ShardEvent event) {
    List<Effect> answer = shard.on(event, 10_000);
    effects.addAll(answer);
    for (Effect effect : answer) {
      if (effect instanceof Effect.LookUp look) {
        on(shard, new ShardEvent.LookedUp(look.session(), null));
      } else if (effect instanceof Effect.Publish publish) {
        log.add(new StoredEvent(40 + log.size(), publish.event(), false, true));
      }
    }
  }

  private <T extends Effect> List<T> all(Class<T> kind) {
    return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static ShardEvent drawn(int index) {
    DrawnToken token = new DrawnToken(index, 9 + index, "i", false, 0, List.of());
    return new ShardEvent.Drawn("ann", 0, token);
  }

  private static ShardEvent ended() {
    SessionState state = SessionState.of(new float[2]);
    return new ShardEvent.Ended(
        "ann", 0, new GenerationEnd(FinishReason.LENGTH, "", 1, 1, state, new int[] {9}, 1, null));
  }

  private static Shard running(DepartureTest test, String request) {
    Shard shard = fresh();
    test.on(shard, new ShardEvent.RequestRead(ToyModel.request(0, "ann", request)));
    test.on(shard, new ShardEvent.StartAcknowledged("ann", 0, 40));
    test.on(shard, drawn(0));
    test.effects.clear();
    return shard;
  }

  /** Stores the middle after the first token; the turn has drawn so many when that is done. */
  private void store(Shard shard, int tokens) {
    on(shard, new ShardEvent.StoreMiddles());
    assertThat(all(Effect.Capture.class)).singleElement().matches(c -> c.afterTokens() == 0);
    assertThat(shard.takeMiddlesStored()).isFalse();
    Progress progress = new Progress(1, new int[] {9}, new int[] {9}, new float[] {1}, new byte[0]);
    Midpoint midpoint = new Midpoint(SessionState.of(new float[2]), 1, progress);
    on(shard, new ShardEvent.Midway("ann", 0, midpoint, 42));
    for (int i = 1; i < tokens; i++) {
      on(shard, drawn(i));
    }
    assertThat(shard.takeMiddlesStored()).isFalse();
    Snapshot snapshot = all(Effect.StoreSnapshot.class).getFirst().snapshot();
    Slot slot = Slot.newBuilder().setPosition(snapshot.getPosition()).build();
    on(shard, new ShardEvent.SnapshotStored("ann", slot));
    assertThat(shard.takeMiddlesStored()).isTrue();
    assertThat(shard.takeMiddlesStored()).as("only once").isFalse();
  }

  @Test
  void whatWasStoredIsLeftAtItsNextToken() {
    Shard shard = running(this, "{\"prompt\":\"a\",\"max_tokens\":99}");
    store(shard, 3);
    assertThat(all(Effect.Cancel.class)).as("it runs on").isEmpty();
    effects.clear();
    on(shard, new ShardEvent.Drain());
    assertThat(effects).as("no state is moved").isEmpty();
    assertThat(shard.isDrained()).isFalse();
    on(shard, drawn(3));
    assertThat(all(Effect.Publish.class)).as("the token is shown").hasSize(1);
    assertThat(all(Effect.Cancel.class)).hasSize(1);
    assertThat(shard.isDrained()).isTrue();
    effects.clear();
    on(shard, drawn(4));
    assertThat(effects).as("nothing is shown after that").isEmpty();
  }

  @Test
  void theNextOwnerReadsWhatWasDrawnSinceAndDrawsAtOnce() {
    Shard shard = running(this, "{\"prompt\":\"a\",\"max_tokens\":99}");
    store(shard, 3);
    Manifest manifest = all(Effect.StoreManifest.class).getLast().manifest();
    Snapshot snapshot = all(Effect.StoreSnapshot.class).getFirst().snapshot();
    on(shard, new ShardEvent.Drain());
    on(shard, drawn(3));
    ShardRecord record = shard.record(Tenure.TENURE_RELEASED, 99);
    assertThat(record.getTokensFrom()).isEqualTo(42);
    List<StoredEvent> tail = log.stream().filter(event -> event.offset() >= 42).toList();

    Shard next = shard(new Acquired(4, record, false, true, tail, 99, 0));
    effects.clear();
    next.on(new ShardEvent.Acquired(), 10_000);
    on(next, new ShardEvent.LookedUp("ann", manifest));
    on(next, new ShardEvent.StateLoaded("ann", snapshot, null));
    Generation rest = all(Effect.Run.class).getFirst().generation();
    assertThat(rest.progress().unread()).containsExactly(9);
    assertThat(rest.drawn()).as("tokens of the log").containsExactly(10, 11, 12);
    assertThat(rest.trusted()).as("nothing is drawn again").isTrue();
  }

  /** What the next owner of a turn does that this one has shown two tokens of. */
  private Shard next(boolean isReleased) {
    Shard shard = running(this, "{\"prompt\":\"a\",\"max_tokens\":99}");
    on(shard, new ShardEvent.Drain());
    on(shard, drawn(1));
    Tenure tenure = isReleased ? Tenure.TENURE_RELEASED : Tenure.TENURE_RUNNING;
    ShardRecord record = shard.record(tenure, 99);
    Shard next = shard(new Acquired(4, record, false, isReleased, List.copyOf(log), 99, 0));
    effects.clear();
    next.on(new ShardEvent.Acquired(), 10_000);
    on(next, new ShardEvent.RequestRead(ToyModel.request(0, "ann", "{\"prompt\":\"a\"}")));
    assertThat(all(Effect.Publish.class)).singleElement().matches(Effect.Publish::starts);
    return next;
  }

  @Test
  void nobodyWaitsForTheStartOfATurnThatWasGivenAway() {
    Shard next = next(true);
    assertThat(all(Effect.Run.class)).hasSize(1);
    on(next, drawn(0));
    on(next, drawn(1));
    on(next, drawn(2));
    on(next, new ShardEvent.StartAcknowledged("ann", 0, 120));
    assertThat(all(Effect.Run.class)).as("once").hasSize(1);
    assertThat(next.running()).isOne();
    assertThat(next.record(Tenure.TENURE_RUNNING, 99).getTokensFrom()).isEqualTo(40);
  }

  @Test
  void aTurnWhoseOwnerDiedRunsOnlyOnceItsStartCounts() {
    Shard next = next(false);
    assertThat(all(Effect.Run.class)).isEmpty();
    on(next, new ShardEvent.StartAcknowledged("ann", 0, 120));
    assertThat(all(Effect.Run.class)).hasSize(1);
  }

  @Test
  void aLateAnswerToAStartMeansNoOtherTurn() {
    Shard next = next(true);
    on(next, new ShardEvent.RequestRead(ToyModel.request(1, "ann", "{\"prompt\":\"b\"}")));
    on(next, ended());
    assertThat(all(Effect.Run.class)).as("the next turn waits for its start").hasSize(1);
    on(next, new ShardEvent.StartAcknowledged("ann", 0, 120));
    assertThat(all(Effect.Run.class)).hasSize(1);
    on(next, new ShardEvent.StartAcknowledged("ann", 1, 121));
    assertThat(all(Effect.Run.class)).hasSize(2);
  }

  @Test
  void whatWasStoredLongAgoIsStoredAgain() {
    Shard shard = running(this, "{\"prompt\":\"a\",\"max_tokens\":99}");
    store(shard, 66);
    effects.clear();
    on(shard, new ShardEvent.Drain());
    assertThat(all(Effect.Capture.class)).hasSize(1);
    on(shard, drawn(66));
    assertThat(shard.isDrained()).isFalse();
  }

  @Test
  void whatBeganShortlyBeforeIsReadAgain() {
    Shard shard = running(this, "{\"prompt\":\"a\",\"max_tokens\":99}");
    on(shard, new ShardEvent.Drain());
    assertThat(effects).as("no state is moved").isEmpty();
    on(shard, drawn(1));
    assertThat(all(Effect.Cancel.class)).hasSize(1);
    assertThat(shard.isDrained()).isTrue();
    assertThat(shard.record(Tenure.TENURE_RELEASED, 99).getTokensFrom()).isEqualTo(40);
  }

  @Test
  void nobodyWaitsForATurnThatHasNotSpoken() {
    Shard shard = fresh();
    on(shard, new ShardEvent.RequestRead(ToyModel.request(0, "ann", "{\"prompt\":\"a\"}")));
    on(shard, new ShardEvent.StartAcknowledged("ann", 0, 40));
    on(shard, new ShardEvent.Drain());
    assertThat(all(Effect.Cancel.class)).hasSize(1);
    assertThat(shard.isDrained()).isTrue();
  }

  @Test
  void aLongPromptIsStored() {
    String prompt = "a".repeat(64);
    Shard shard = running(this, "{\"prompt\":\"%s\",\"max_tokens\":99}".formatted(prompt));
    on(shard, new ShardEvent.Drain());
    assertThat(all(Effect.Capture.class)).singleElement().matches(c -> c.afterTokens() == 0);
    assertThat(shard.isDrained()).isFalse();
  }

  @Test
  void logProbabilitiesAreNotComputedTwice() {
    Shard shard = running(this, "{\"prompt\":\"a\",\"max_tokens\":99,\"logprobs\":2}");
    store(shard, 3);
    effects.clear();
    on(shard, new ShardEvent.Drain());
    assertThat(all(Effect.Capture.class)).hasSize(1);
  }

  @Test
  void aTurnThatEndsMeanwhileIsNotWaitedFor() {
    Shard shard = running(this, "{\"prompt\":\"a\",\"max_tokens\":99}");
    on(shard, new ShardEvent.StoreMiddles());
    assertThat(shard.takeMiddlesStored()).isFalse();
    on(shard, ended());
    assertThat(shard.takeMiddlesStored()).isTrue();
  }
}
