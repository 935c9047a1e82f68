package dev.skein.worker.owner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.End;
import dev.skein.proto.Started;
import dev.skein.proto.Token;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Topics;
import dev.skein.store.InMemoryCluster;
import dev.skein.store.InMemoryShardStore;
import dev.skein.worker.shard.Effect;
import dev.skein.worker.shard.ShardEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventPublisherTest {
  private final List<String> pushed = new ArrayList<>();
  private final List<ShardEvent> told = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private long now = 1_000;
  private long slowness;
  private final InMemoryShardStore store =
      new InMemoryShardStore(new InMemoryCluster(Topics.main(), 1), 0);
  private final EventPublisher publisher =
      new EventPublisher(
          0,
          store,
          (router, event, shard, offset) -> {
            pushed.add(event.getEventCase() + " " + event.getIndex());
            now += slowness;
          },
          told::add,
          failures::add,
          () -> now);

  @BeforeEach
  void acquire() throws Exception {
    store.acquire("here");
  }

  @Test
  void tokensOfAFastLogAreWrittenAtOnce() {
    publish(token(1));
    publish(token(2));
    assertThat(pushed).containsExactly("TOKEN 1", "TOKEN 2");
    assertThat(publisher.dueMs()).as("nothing waits").isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void tokensOfASlowLogWaitForCompanyUntilTheyAreDue() {
    makeSlow();
    publish(token(8));
    now = 1_039;
    publish(token(9));
    assertThat(pushed).isEmpty();
    assertThat(publisher.dueMs()).isEqualTo(1_040);
    now = 1_040;
    publisher.flushIfDue();
    assertThat(pushed).containsExactly("TOKEN 8", "TOKEN 9");
  }

  @Test
  void theFirstTokenAndTheEndDoNotWait() {
    makeSlow();
    publish(event(0).setStarted(Started.getDefaultInstance()));
    publish(token(0));
    assertThat(pushed).containsExactly("STARTED 0", "TOKEN 0");
    publish(token(1));
    assertThat(pushed).hasSize(2);
    publish(event(2).setEnd(End.getDefaultInstance()));
    assertThat(pushed).containsExactly("STARTED 0", "TOKEN 0", "TOKEN 1", "END 2");
    assertThat(told).hasSize(1);
    assertThat(failures).isEmpty();
  }

  @Test
  void whatWaitsIsWrittenWhenAskedFor() {
    makeSlow();
    publish(token(8));
    publisher.flush();
    assertThat(pushed).containsExactly("TOKEN 8");
  }

  @Test
  void theFirstTokenOfAnAnswerThatCameFromAnotherOwnerDoesNotWait() {
    makeSlow();
    publish(token(30).setSession("moved"));
    assertThat(pushed).containsExactly("TOKEN 30");
    publish(token(31).setSession("moved"));
    assertThat(pushed).as("the second may wait").hasSize(1);
  }

  @Test
  void everyAnswerOfASessionHasAFirstToken() {
    makeSlow();
    publish(event(8).setEnd(End.getDefaultInstance()));
    publish(token(0));
    assertThat(pushed).containsExactly("END 8", "TOKEN 0");
  }

  /** A write at 1,000 took 4 ms. */
  private void makeSlow() {
    slowness = 2;
    publish(token(7));
    pushed.clear();
  }

  private void publish(TokenEvent.Builder event) {
    boolean starts = event.hasStarted();
    publisher.publish(new Effect.Publish(event.build(), false, "router", starts));
  }

  private static TokenEvent.Builder event(int index) {
    return TokenEvent.newBuilder().setSession("s").setRequestId("r").setIndex(index);
  }

  private static TokenEvent.Builder token(int index) {
    return event(index).setToken(Token.newBuilder().setId(5));
  }
}
