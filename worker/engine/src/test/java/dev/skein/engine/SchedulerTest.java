package dev.skein.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.model.sampling.Sampler;
import dev.skein.model.sampling.SamplingParameters;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private long order;

  private Sequence sequence(int promptTokens, int priority, String tenant) {
    Generation g = Generation.of(new int[promptTokens]).priority(priority).tenant(tenant).build();
    Sampler sampler = new Sampler(SamplingParameters.GREEDY, null, 16);
    return new Sequence(g, new Outcome(), order++, new Reply(g, null, 0), List.of(sampler), 1);
  }

  private static Sequence admit(Scheduler scheduler) {
    Sequence next = Objects.requireNonNull(scheduler.admit(), "nobody was admitted");
    scheduler.takeSlot();
    return next;
  }

  private static int[] shares(Scheduler scheduler) {
    return Arrays.copyOf(scheduler.shares(), scheduler.running().size());
  }

  @Test
  void everyoneFeedsATokenAndTheRestIsSharedEqually() throws EngineFullException {
    Scheduler scheduler = new Scheduler(new EngineOptions(4, 20, 8));
    for (int prompt : new int[] {1, 100, 100, 4}) {
      scheduler.enqueue(sequence(prompt, 0, ""));
      admit(scheduler);
    }
    // 4 go to the short ones' needs, the long ones share what is left
    int[] shares = shares(scheduler);
    assertThat(shares[0]).isEqualTo(1);
    assertThat(shares[3]).isEqualTo(4);
    assertThat(shares[1] + shares[2]).isEqualTo(15);
    assertThat(Math.abs(shares[1] - shares[2])).isLessThanOrEqualTo(1);
  }

  @Test
  void aLongPromptDoesNotStopTheOthers() throws EngineFullException {
    Scheduler scheduler = new Scheduler(new EngineOptions(3, 3, 8));
    for (int prompt : new int[] {1_000_000, 1, 1}) {
      scheduler.enqueue(sequence(prompt, 0, ""));
      admit(scheduler);
    }
    assertThat(shares(scheduler)).containsExactly(1, 1, 1);
  }

  @Test
  void higherPriorityReadsFirstButNobodyStops() throws EngineFullException {
    Scheduler scheduler = new Scheduler(new EngineOptions(2, 32, 8));
    scheduler.enqueue(sequence(100, 0, ""));
    admit(scheduler);
    scheduler.enqueue(sequence(100, 5, ""));
    admit(scheduler);
    assertThat(shares(scheduler)).containsExactly(1, 31);
  }

  @Test
  void slotsGoByPriorityThenTenantThenArrival() throws EngineFullException {
    Scheduler scheduler = new Scheduler(new EngineOptions(8, 8, 8));
    Sequence a1 = sequence(1, 0, "a");
    Sequence a2 = sequence(1, 0, "a");
    Sequence a3 = sequence(1, 0, "a");
    Sequence b1 = sequence(1, 0, "b");
    Sequence urgent = sequence(1, 1, "a");
    for (Sequence s : new Sequence[] {a1, a2, a3, b1, urgent}) {
      scheduler.enqueue(s);
    }
    assertThat(admit(scheduler)).isSameAs(urgent);
    assertThat(admit(scheduler)).isSameAs(b1);
    assertThat(admit(scheduler)).isSameAs(a1);
    assertThat(admit(scheduler)).isSameAs(a2);
    assertThat(admit(scheduler)).isSameAs(a3);
    assertThat(scheduler.admit()).isNull();
  }

  @Test
  void theQueueIsBounded() throws EngineFullException {
    Scheduler scheduler = new Scheduler(new EngineOptions(1, 1, 2));
    scheduler.enqueue(sequence(1, 0, ""));
    scheduler.enqueue(sequence(1, 0, ""));
    assertThatThrownBy(() -> scheduler.enqueue(sequence(1, 0, "")))
        .isInstanceOf(EngineFullException.class)
        .hasMessageContaining("2 generations");
  }

  @Test
  void noMoreRunThanThereAreSlots() throws EngineFullException {
    Scheduler scheduler = new Scheduler(new EngineOptions(1, 1, 2));
    scheduler.enqueue(sequence(1, 0, ""));
    scheduler.enqueue(sequence(1, 0, ""));
    assertThat(scheduler.admit()).isNotNull();
    scheduler.takeSlot();
    assertThat(scheduler.admit()).isNull();
  }
}
