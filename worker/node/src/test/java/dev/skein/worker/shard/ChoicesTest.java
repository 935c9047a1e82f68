package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.proto.Cancel;
import dev.skein.proto.Control;
import dev.skein.proto.End;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Started;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Usage;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Turns of several choices, event by event. */
class ChoicesTest {

  private static final ShardLimits LIMITS =
      new ShardLimits(2, 4, 4, 10, 1_000_000, 1_000, 10, 4, 60_000, ShardLimits.Keeping.USUAL);
  private static final String ASKED = "{\"prompt\":\"abc\",\"n\":2,\"request_id\":\"x\"}";
  private static final SessionState READ = SessionState.of(new float[] {1, 2});

  private final List<Effect> effects = new ArrayList<>();
  private Shard shard = shard(List.of());

  private static Shard shard(List<StoredEvent> tail) {
    ShardRecord record = ShardRecord.newBuilder().setEpoch(3).setPartitions(1).build();
    Acquired acquired = new Acquired(3, record, tail.isEmpty(), false, tail, tail.size(), 0);
    return new Shard(0, 1, acquired, ToyModel.served(), LIMITS);
  }

  private void on(ShardEvent event) {
    List<Effect> answer = shard.on(event, 10_000);
    effects.addAll(answer);
    for (Effect effect : answer) {
      if (effect instanceof Effect.LookUp look) {
        on(new ShardEvent.LookedUp(look.session(), null));
      }
    }
  }

  private <T extends Effect> List<T> all(Class<T> kind) {
    return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private List<Generation> runs() {
    return all(Effect.Run.class).stream().map(Effect.Run::generation).toList();
  }

  private List<TokenEvent> ends() {
    return all(Effect.Publish.class).stream()
        .map(Effect.Publish::event)
        .filter(TokenEvent::hasEnd)
        .toList();
  }

  private void begin() {
    on(new ShardEvent.RequestRead(ToyModel.request(0, "ann", ASKED)));
    on(new ShardEvent.StartAcknowledged("ann", 0, 40));
  }

  private void promptRead() {
    on(ended(0, FinishReason.LENGTH, 0));
  }

  @Test
  void thePromptIsReadOnceAndEveryChoiceGoesOnFromIt() {
    begin();
    assertThat(runs()).hasSize(1);
    assertThat(runs().getFirst().prompt()).containsExactly('a', 'b');
    assertThat(runs().getFirst().maxTokens()).isZero();
    promptRead();
    assertThat(runs()).hasSize(3);
    for (int choice = 0; choice < 2; choice++) {
      Generation run = runs().get(1 + choice);
      assertThat(run.choice()).isEqualTo(choice);
      assertThat(run.prompt()).containsExactly('c');
      assertThat(run.start()).isEqualTo(READ);
      assertThat(run.keepState()).isEqualTo(choice == 0);
    }
    assertThat(all(Effect.Capture.class)).as("a middle is never stored").isEmpty();
  }

  @Test
  void theTurnEndsWithItsLastChoiceAndTheSessionGoesOnFromTheFirst() {
    begin();
    promptRead();
    on(drawn(1, 0, "B"));
    on(drawn(0, 0, "A"));
    assertThat(all(Effect.Publish.class).stream().map(Effect.Publish::event))
        .filteredOn(TokenEvent::hasToken)
        .extracting(TokenEvent::getChoice, e -> e.getToken().getText())
        .containsExactly(tuple(1, "B"), tuple(0, "A"));
    on(ended(0, FinishReason.STOP, 1));
    assertThat(ends()).as("the turn's end waits for the other choice").isEmpty();
    on(ended(1, FinishReason.LENGTH, 1));
    assertThat(ends()).extracting(TokenEvent::getChoice).containsExactly(1, 0);
    assertThat(ends().getLast().getEnd().getUsage().getPromptTokens()).isEqualTo(3);
    assertThat(all(Effect.StoreManifest.class).getLast().manifest().getTokensRead()).isEqualTo(4);
  }

  @Test
  void aChoiceWithoutRoomIsOfferedAgainAlone() {
    begin();
    promptRead();
    on(new ShardEvent.EngineFull("ann", 0, 1));
    assertThat(shard.wakeUpMs()).hasValue(10_005);
    on(new ShardEvent.Tick());
    assertThat(runs()).hasSize(4);
    assertThat(runs().getLast().choice()).isEqualTo(1);
    assertThat(shard.wakeUpMs()).isEmpty();
  }

  @Test
  void aCancelWaitsForThePromptAndEndsAllChoices() {
    begin();
    on(
        new ShardEvent.ControlRead(
            0,
            Control.newBuilder().setRequestId("x").setCancel(Cancel.getDefaultInstance()).build()));
    assertThat(all(Effect.Cancel.class)).isEmpty();
    promptRead();
    assertThat(all(Effect.Cancel.class)).hasSize(2);
  }

  /** The first owner showed a token of choice 0, and two of choice 1 and its end. */
  private void takeOver() {
    List<StoredEvent> tail = new ArrayList<>();
    tail.add(stored(0, event(0, 0).setStarted(Started.newBuilder().setAttempt(1)), true));
    tail.add(stored(1, event(0, 0).setToken(Token.newBuilder().setId(7)), true));
    tail.add(stored(2, event(1, 0).setToken(Token.newBuilder().setId(8)), true));
    tail.add(stored(3, event(1, 1).setToken(Token.newBuilder().setId(9)), false));
    tail.add(
        stored(
            4,
            event(1, 2)
                .setEnd(
                    End.newBuilder()
                        .setFinishReason("deadline")
                        .setUsage(Usage.newBuilder().setCompletionTokens(2))),
            false));
    shard = shard(tail);
    begin();
  }

  /** What is written: (choice, index). */
  private List<String> told() {
    return all(Effect.Publish.class).stream()
        .map(Effect.Publish::event)
        .filter(event -> !event.hasStarted())
        .map(event -> event.getChoice() + "." + event.getIndex())
        .toList();
  }

  @Test
  void anEngineThatFailsAtThePromptTakesNothingBack() {
    takeOver();
    on(ended(0, FinishReason.ERROR, 0));
    assertThat(told()).containsExactly("1.1", "1.2", "0.1");
  }

  @Test
  void anEngineThatFailsInAChoiceTakesNothingBack() {
    takeOver();
    promptRead();
    on(drawn(1, 0, "B"));
    on(ended(1, FinishReason.ERROR, 1));
    on(ended(0, FinishReason.ERROR, 0));
    assertThat(told()).containsExactly("1.1", "1.2", "0.1");
  }

  @Test
  void theNextOwnerFeedsWhatTheLogKnowsOfEachChoice() {
    takeOver();
    promptRead();
    assertThat(runs().get(1).drawn()).containsExactly(7);
    assertThat(runs().get(2).drawn()).containsExactly(8, 9);
    assertThat(runs().get(2).maxTokens()).as("the log says that it ends there").isEqualTo(2);
    effects.clear();
    on(drawn(1, 0, "B"));
    assertThat(all(Effect.Publish.class)).as("committed readers have it").isEmpty();
    on(drawn(1, 1, "C"));
    assertThat(all(Effect.Publish.class)).hasSize(1);
    on(ended(1, FinishReason.LENGTH, 2));
    assertThat(ends().getLast().getEnd().getFinishReason()).isEqualTo("deadline");
  }

  private static StoredEvent stored(long offset, TokenEvent.Builder event, boolean committed) {
    return new StoredEvent(offset, event.build(), false, committed);
  }

  private static TokenEvent.Builder event(int choice, int index) {
    return TokenEvent.newBuilder()
        .setSession("ann")
        .setRequestId("x")
        .setChoice(choice)
        .setIndex(index);
  }

  private static ShardEvent drawn(int choice, int index, String text) {
    return new ShardEvent.Drawn(
        "ann", 0, choice, new DrawnToken(index, 9, text, false, 0, List.of()));
  }

  private static ShardEvent ended(int choice, FinishReason reason, int tokens) {
    int[] kept = new int[tokens];
    return new ShardEvent.Ended(
        "ann",
        0,
        choice,
        new GenerationEnd(reason, "", 1, tokens, READ, kept, Math.min(1, tokens), null));
  }
}
