package dev.skein.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TurnsTest {
  private final Turns turns = new Turns();
  private final List<String> order = new ArrayList<>(); // changed by whose turn it is

  private void takeOne(String name) {
    try (Turns.Turn _ = turns.take()) {
      order.add(name);
    }
  }

  private Thread waits(String name) throws InterruptedException {
    Thread thread = Thread.ofPlatform().start(() -> takeOne(name));
    while (thread.getState() != Thread.State.WAITING) {
      thread.join(1);
    }
    return thread;
  }

  /** Who has just had one is nearer to the lock than those whom it must wake first. */
  @Test
  @Timeout(60)
  void whoAsksAgainAtOnceStandsBehindAllWhoWait() throws InterruptedException {
    for (int round = 0; round < 100; round++) {
      order.clear();
      List<Thread> others = new ArrayList<>();
      try (Turns.Turn _ = turns.take()) {
        others.add(waits("second"));
        others.add(waits("third"));
      }
      takeOne("first again");
      for (Thread other : others) {
        other.join();
      }
      assertThat(order).containsExactly("second", "third", "first again");
    }
  }
}
