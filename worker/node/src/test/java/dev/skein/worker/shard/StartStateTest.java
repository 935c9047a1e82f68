package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.proto.Failure;
import dev.skein.proto.Manifest;
import dev.skein.proto.ShardRecord;
import dev.skein.store.ShardStore.Acquired;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Sessions that begin with a named state: whatever is lost, they begin so again. */
class StartStateTest {
  private static final String GRIM = "{\"prompt\":\"a\",\"start_state\":\"grim\"}";

  /** A shard that holds nothing in memory. */
  private static final class Owner {
    private final Shard shard =
        new Shard(
            0,
            1,
            new Acquired(
                3,
                ShardRecord.newBuilder().setEpoch(3).setPartitions(1).build(),
                true,
                true,
                List.of(),
                0,
                0),
            ToyModel.served(),
            new ShardLimits(
                2, 4, 4, 10, 1_000_000, 1_000, 10, 4, 60_000, ShardLimits.Keeping.USUAL));
    private final List<Effect> effects = new ArrayList<>();
    private final @Nullable Manifest stored;
    private int offset;

    Owner(@Nullable Manifest stored) {
      this.stored = stored;
      this.offset = stored == null ? 0 : 50;
    }

    private void on(ShardEvent event) {
      List<Effect> answer = shard.on(event, 10_000);
      effects.addAll(answer);
      for (Effect effect : answer) {
        if (effect instanceof Effect.LookUp look) {
          on(new ShardEvent.LookedUp(look.session(), stored));
        } else if (effect instanceof Effect.Publish publish && publish.starts()) {
          on(new ShardEvent.StartAcknowledged("ann", publish.event().getTurn(), offset));
        }
      }
    }

    void read(String json) {
      on(new ShardEvent.RequestRead(ToyModel.request(offset++, "ann", json)));
    }

    Generation generation() {
      return newest(Effect.Run.class).generation();
    }

    /** Ends the running turn; it has drawn one token, 9. */
    Manifest end(FinishReason reason) {
      Effect.Run run = newest(Effect.Run.class);
      boolean failed = reason == FinishReason.ERROR;
      SessionState state = failed ? null : SessionState.of(new float[] {1, 2});
      int[] kept = failed ? new int[0] : new int[] {9};
      on(
          new ShardEvent.Ended(
              "ann",
              run.turn(),
              new GenerationEnd(reason, "", 1, 1, state, kept, kept.length, failed ? "no" : null)));
      return newest(Effect.StoreManifest.class).manifest();
    }

    Failure failure() {
      return newest(Effect.Publish.class).event().getEnd().getError();
    }

    private <T extends Effect> T newest(Class<T> kind) {
      return effects.stream().filter(kind::isInstance).map(kind::cast).toList().getLast();
    }
  }

  @Test
  void aSessionBeginsWithTheStateThatItsFirstTurnNames() {
    Owner owner = new Owner(null);
    owner.read(GRIM);
    assertThat(owner.generation().start()).isEqualTo(ToyModel.GRIM.state());
    Manifest manifest = owner.end(FinishReason.LENGTH);
    assertThat(manifest.getStartState()).isEqualTo("grim");
    assertThat(manifest.getStartStateDigest()).isEqualTo(ToyModel.GRIM.digest());
    owner.read("{\"prompt\":\"b\"}");
    assertThat(owner.generation().start()).isEqualTo(SessionState.of(new float[] {1, 2}));
    assertThat(owner.generation().prompt()).containsExactly(9, 'b');
  }

  @Test
  void aSessionThatIsRunAgainFromNothingBeginsSoAgain() {
    Owner first = new Owner(null);
    first.read(GRIM);
    Manifest manifest = first.end(FinishReason.LENGTH);
    assertThat(manifest.getSlotsList()).isEmpty();
    Owner next = new Owner(manifest);
    next.read("{\"prompt\":\"b\"}");
    assertThat(next.generation().start()).isEqualTo(ToyModel.GRIM.state());
    assertThat(next.generation().prompt()).containsExactly('a', 9, 'b');
    assertThat(next.end(FinishReason.LENGTH).getStartState()).isEqualTo("grim");
  }

  @Test
  void aSessionWithoutAStartStateBeginsWithTheModelsOwn() {
    Owner owner = new Owner(null);
    owner.read("{\"prompt\":\"a\"}");
    assertThat(owner.generation().start()).isNull();
    assertThat(owner.end(FinishReason.LENGTH).getStartState()).isEmpty();
    owner.read(GRIM);
    assertThat(owner.failure().getCode()).isEqualTo("start_state_mismatch");
    assertThat(owner.failure().getMessage()).contains("began with no start state");
  }

  @Test
  void anUnknownStateIsRefusedAndTheKnownOnesAreNamed() {
    Owner owner = new Owner(null);
    owner.read("{\"prompt\":\"a\",\"start_state\":\"merry\"}");
    assertThat(owner.failure().getCode()).isEqualTo("start_state_not_found");
    assertThat(owner.failure().getMessage()).contains("merry").contains("It has: grim.");
  }

  @Test
  void theSameNameMayBeGivenAgainAndNoOther() {
    Owner owner = new Owner(null);
    owner.read(GRIM);
    owner.end(FinishReason.LENGTH);
    owner.read("{\"prompt\":\"b\",\"start_state\":\"merry\"}");
    assertThat(owner.failure().getCode()).isEqualTo("start_state_mismatch");
    owner.read(GRIM);
    assertThat(owner.generation().turn()).isEqualTo(1);
  }

  @Test
  void afterAFailedFirstTurnTheSessionMayBeginOtherwise() {
    Owner owner = new Owner(null);
    owner.read(GRIM);
    assertThat(owner.end(FinishReason.ERROR).getStartState()).isEmpty();
    owner.read("{\"prompt\":\"b\"}");
    assertThat(owner.generation().start()).isNull();
    assertThat(owner.generation().prompt()).containsExactly('b');
  }

  @Test
  void anotherStateUnderTheSameNameIsNoticed() {
    Owner first = new Owner(null);
    first.read(GRIM);
    Manifest manifest =
        first.end(FinishReason.LENGTH).toBuilder()
            .setStartStateDigest(ByteString.copyFromUtf8("other"))
            .build();
    Owner next = new Owner(manifest);
    next.read("{\"prompt\":\"b\"}");
    assertThat(next.failure().getCode()).isEqualTo("start_state_changed");
  }
}
