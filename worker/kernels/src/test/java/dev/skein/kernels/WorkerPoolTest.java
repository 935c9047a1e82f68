package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {

  @Test
  void everyPartRunsOnceInEveryRound() {
    for (int threads : new int[] {1, 2, 5}) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        AtomicIntegerArray counts = new AtomicIntegerArray(threads);
        for (int round = 1; round <= 2000; round++) {
          pool.run(counts, (c, part, parts) -> c.addAndGet(part, parts));
          for (int part = 0; part < threads; part++) {
            assertThat(counts.get(part)).isEqualTo(round * threads);
          }
        }
      }
    }
  }

  @Test
  void whatAPartThrowsReachesTheCallerAndThePoolGoesOn() {
    try (WorkerPool pool = new WorkerPool(3)) {
      for (int bad = 0; bad < 3; bad++) {
        String broken = "part " + bad;
        assertThatThrownBy(() ->
                pool.run(
                    broken,
                    (message, part, parts) -> {
                      if (message.equals("part " + part)) {
                        throw new IllegalStateException(message);
                      }
                    }))
            .hasMessage(broken);
      }
      AtomicIntegerArray counts = new AtomicIntegerArray(3);
      pool.run(counts, (c, part, parts) -> c.incrementAndGet(part));
      assertThat(counts).hasToString("[1, 1, 1]");
    }
  }

  @Test
  void aPoolIsNotEnteredTwice() {
    try (WorkerPool pool = new WorkerPool(2)) {
      assertThatThrownBy(
              () -> pool.run(pool, (outer, part, parts) -> outer.run(outer, (inner, p, n) -> {})))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void helpersParkWhenThereIsNothingToDo() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(2)) {
      pool.run(pool, (p, part, parts) -> {});
      Thread helper = helper();
      for (int i = 0; i < 500 && helper.getState() != Thread.State.WAITING; i++) {
        helper.join(10);
      }
      assertThat(helper.getState()).isEqualTo(Thread.State.WAITING);
    }
    Thread helper = helper();
    helper.join(5000);
    assertThat(helper.isAlive()).isFalse();
  }

  private static Thread helper() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().startsWith("skein-kernel"))
        .findFirst()
        .orElseGet(Thread::new);
  }
}
