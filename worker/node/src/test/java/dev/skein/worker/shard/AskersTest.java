package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.skein.proto.End;
import dev.skein.proto.TokenEvent;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A client that goes from one router to another takes its turn with it. */
class AskersTest {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final LoneShard shard = new LoneShard();

  private <T extends Effect> List<T> all(Class<T> kind) {
    return shard.effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private void start() {
    shard.on(new ShardEvent.StartAcknowledged("ann", 0, 40));
  }

  @Test
  void theRouterThatWasAskedLastEndsARunningTurn() {
    shard.ask("ann", "x", "one");
    start();
    shard.ask("ann", "x", "two");
    shard.cancel("ann", "x", "one");
    assertThat(all(Effect.Cancel.class)).as("another waits").isEmpty();
    shard.cancel("ann", "x", "two");
    assertThat(all(Effect.Cancel.class)).hasSize(1);
  }

  @Test
  void theOnlyRouterThatWasAskedEndsIt() {
    shard.ask("ann", "x", "one");
    start();
    shard.cancel("ann", "x", "one");
    assertThat(all(Effect.Cancel.class)).hasSize(1);
  }

  @Test
  void aCancelThatNamesNoRouterEndsItWhoeverWaits() {
    shard.ask("ann", "x", "one");
    start();
    shard.ask("ann", "x", "two");
    shard.cancel("x");
    assertThat(all(Effect.Cancel.class)).hasSize(1);
  }

  @Test
  void aTurnThatWaitsIsWithdrawnWithAllThatAskForIt() {
    shard.ask("ann", "running", "one");
    shard.ask("ann", "x", "one");
    shard.ask("ann", "x", "two");
    shard.cancel("ann", "x", "one");
    assertThat(shard.answers()).isEmpty();
    shard.cancel("ann", "x", "two");
    assertThat(shard.answers()).extracting(End::getFinishReason).containsOnly("cancelled");
    assertThat(shard.answers()).hasSize(2);
    shard.run("ann", 0);
    assertThat(all(Effect.Publish.class).stream().filter(said -> said.event().hasStarted()))
        .as("nothing follows")
        .hasSize(1);
  }

  @Test
  void aClientThatReadsKafkaItselfIsNoRoutersToCancel() {
    shard.ask("ann", "x", "one");
    start();
    shard.ask("ann", "{\"prompt\":\"a\",\"request_id\":\"x\"}");
    shard.cancel("ann", "x", "one");
    assertThat(all(Effect.Cancel.class)).isEmpty();
  }

  @Test
  void aRouterThatIsNotAskedAnewSaysThatItWaits() {
    shard.ask("ann", "x", "one");
    start();
    shard.await("bob", "x", "three");
    shard.await("ann", "y", "three");
    shard.await("ann", "x", "two");
    shard.cancel("ann", "x", "one");
    assertThat(all(Effect.Cancel.class)).isEmpty();
    shard.cancel("ann", "x", "two");
    assertThat(all(Effect.Cancel.class)).hasSize(1);
  }

  @Test
  void aRouterMayWaitForATurnWhoseSessionItDoesNotKnow() {
    shard.ask("", "x", "one");
    String made = all(Effect.Publish.class).getFirst().event().getSession();
    shard.on(new ShardEvent.StartAcknowledged(made, 0, 40));
    shard.await("", "x", "two");
    shard.cancel("", "x", "one");
    assertThat(all(Effect.Cancel.class)).as("another waits").isEmpty();
    shard.cancel("", "x", "two");
    assertThat(all(Effect.Cancel.class)).hasSize(1);
  }

  @Test
  void aSessionIsFoundByItsNameHoweverManyThereAre() {
    shard.ask("ann", "x", "one");
    long alone = bytesOfWaiting();
    for (int i = 0; i < 1_000; i++) {
      shard.ask("s" + i, "x", "one");
    }
    assertThat(bytesOfWaiting()).isLessThan(2 * alone);
  }

  private long bytesOfWaiting() {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      shard.await("ann", "x", "two");
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void aRoutersCancelThatComesEarlyIsForWhatItAsksItself() {
    shard.cancel("ann", "x", "one");
    shard.ask("ann", "x", "two");
    assertThat(shard.answers()).isEmpty();
    shard.cancel("bob", "y", "one");
    shard.ask("bob", "y", "one");
    assertThat(shard.answer().getFinishReason()).isEqualTo("cancelled");
  }

  @Test
  void whoAsksAgainIsToldAtOnceWhereTheTurnBegins() {
    shard.ask("ann", "x", "one");
    shard.ask("ann", "x", "two");
    assertThat(all(Effect.Push.class)).as("it has not begun").isEmpty();
    start();
    shard.ask("ann", "y", "two");
    shard.ask("ann", "x", "three");
    assertThat(all(Effect.Push.class))
        .extracting(Effect.Push::push)
        .containsExactly("two", "three");
    for (Effect.Push push : all(Effect.Push.class)) {
      TokenEvent event = push.event();
      assertThat(event.getRequestId()).isEqualTo("x");
      assertThat(event.getStarted().getTokensFrom()).isEqualTo(40);
    }
    TokenEvent logged = all(Effect.Publish.class).getFirst().event();
    assertThat(logged.getStarted().hasTokensFrom()).as("the log says it by its place").isFalse();
  }
}
