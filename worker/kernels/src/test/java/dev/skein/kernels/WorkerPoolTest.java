package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WorkerPoolTest {

  @Test
  void everyPartRunsOnceInEveryRound() {
    for (int threads : new int[] {1, 2, 5}) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        int all = pool.parts();
        AtomicIntegerArray counts = new AtomicIntegerArray(all);
        for (int round = 1; round <= 2000; round++) {
          pool.run(counts, (c, part, parts) -> c.addAndGet(part, parts));
          for (int part = 0; part < all; part++) {
            assertThat(counts.get(part)).isEqualTo(round * all);
          }
        }
      }
    }
  }

  @Test
  void whatAPartThrowsReachesTheCallerAndThePoolGoesOn() {
    try (WorkerPool pool = new WorkerPool(3)) {
      for (int bad = 0; bad < pool.parts(); bad++) {
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
      AtomicIntegerArray counts = new AtomicIntegerArray(pool.parts());
      pool.run(counts, (c, part, parts) -> c.incrementAndGet(part));
      for (int part = 0; part < pool.parts(); part++) {
        assertThat(counts.get(part)).isEqualTo(1);
      }
    }
  }

  /** With fixed shares it would never end: what waits is a part of one of the two threads. */
  @Test
  @Timeout(60)
  void aThreadThatIsHeldUpHoldsUpNoPartButItsOwn() {
    try (WorkerPool pool = new WorkerPool(2)) {
      for (int held = 0; held < pool.parts(); held++) {
        CountDownLatch others = new CountDownLatch(pool.parts() - 1);
        int waits = held;
        pool.run(
            others,
            (latch, part, parts) -> {
              if (part == waits) {
                awaitAll(latch);
              } else {
                latch.countDown();
              }
            });
        assertThat(others.getCount()).isZero();
      }
    }
  }

  private static void awaitAll(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
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
