package dev.skein.worker.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Cancel;
import dev.skein.proto.Control;
import dev.skein.worker.shard.ShardEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class HeldControlsTest {
  private static final TopicPartition ONE = new TopicPartition("requests", 1);
  private static final TopicPartition TWO = new TopicPartition("requests", 2);

  private final Ends ends = new Ends();
  private final HeldControls held = new HeldControls(() -> ends);
  private long controls;

  @Test
  void manyThatLeaveTogetherCostOneQuestion() {
    ends.updateEndOffsets(Map.of(ONE, 7L, TWO, 9L));
    for (int i = 0; i < 100; i++) {
      leaves(i % 2 == 0 ? ONE : TWO);
    }
    assertThat(ends.questions).as("asked before all are read").isEmpty();

    held.askEnds();
    held.askEnds();

    assertThat(ends.questions).hasSize(1);
    assertThat(ends.questions.getFirst()).containsExactlyInAnyOrder(ONE, TWO);
    assertThat(held.waiting()).containsExactlyInAnyOrder(ONE, TWO);
  }

  @Test
  void eachWaitsForTheRequestsThatWereInTheLogWhenItCame() {
    ends.updateEndOffsets(Map.of(ONE, 7L, TWO, 9L));
    ShardEvent first = leaves(ONE);
    ShardEvent other = leaves(TWO);
    assertThat(held.release(ONE, 100)).as("nobody knows yet where requests end").isEmpty();
    held.askEnds();
    ends.updateEndOffsets(Map.of(ONE, 8L));
    ShardEvent second = leaves(ONE);
    held.askEnds();

    assertThat(held.release(ONE, 6)).isEmpty();
    assertThat(held.release(ONE, 7)).containsExactly(first);
    assertThat(held.release(ONE, 8)).containsExactly(second);
    assertThat(held.release(TWO, 9)).containsExactly(other);
    assertThat(held.waiting()).isEmpty();
  }

  @Test
  void whatKafkaDoesNotAnswerForIsDropped() {
    ends.updateEndOffsets(Map.of(ONE, 7L));
    leaves(ONE);
    ends.isSlow = true;
    held.askEnds();
    ends.isSlow = false;
    ShardEvent later = leaves(ONE);
    held.askEnds();

    assertThat(held.release(ONE, 7)).containsExactly(later);
  }

  @Test
  void nothingIsAskedForAShardThatIsNotReadAnyMore() {
    leaves(ONE);
    held.drop(ONE);
    held.askEnds();

    assertThat(ends.questions).isEmpty();
    assertThat(held.waiting()).isEmpty();
  }

  private ShardEvent leaves(TopicPartition requests) {
    Control left =
        Control.newBuilder()
            .setSession("ann")
            .setRequestId("x")
            .setCancel(Cancel.newBuilder().setRouter("one"))
            .build();
    ShardEvent event = new ShardEvent.ControlRead(controls++, left);
    held.hold(requests, event);
    return event;
  }

  /** Counts what it is asked. */
  private static final class Ends extends MockConsumer<byte[], byte[]> {
    final List<Collection<TopicPartition>> questions = new ArrayList<>();
    boolean isSlow;

    Ends() {
      super("none");
    }

    @Override
    public synchronized Map<TopicPartition, Long> endOffsets(
        Collection<TopicPartition> partitions, Duration timeout) {
      questions.add(List.copyOf(partitions));
      if (isSlow) {
        throw new TimeoutException("no answer");
      }
      return super.endOffsets(partitions, timeout);
    }
  }
}
