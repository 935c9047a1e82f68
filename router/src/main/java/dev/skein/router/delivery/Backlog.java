package dev.skein.router.delivery;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What was read from Kafka and waits for the receiver, beside its mailbox: there it would be lost
 * where pushes have filled it, and with it the leave to read on. It holds as many batches as the
 * log reads ahead, and a word for each reading.
 */
final class Backlog implements TokenLog.Listener {

  private sealed interface Item {
    record Batch(List<TokenLog.Logged> events, Runnable done) implements Item {}

    record Reached(long reading) implements Item {}
  }

  private final Queue<Item> items = new ConcurrentLinkedQueue<>();
  private final Runnable onItem;

  /**
   * @param onItem says that there is something, which may be lost; any thread
   */
  Backlog(Runnable onItem) {
    this.onItem = onItem;
  }

  @Override
  public void read(int shard, List<TokenLog.Logged> events, Runnable done) {
    items.add(new Item.Batch(events, done));
    onItem.run();
  }

  @Override
  public void reached(long reading) {
    items.add(new Item.Reached(reading));
    onItem.run();
  }

  /**
   * Tells what waits now, in the order in which it was read. What comes meanwhile waits for the
   * next call, so that pushes are heard in between. One thread.
   */
  void tell(StreamRegistry registry, long now) {
    for (int left = items.size(); left > 0; left--) {
      tell(items.remove(), registry, now);
    }
  }

  private static void tell(Item item, StreamRegistry registry, long now) {
    switch (item) {
      case Item.Batch(List<TokenLog.Logged> events, Runnable done) -> {
        try {
          events.forEach(logged -> registry.read(logged.event(), logged.offset(), now));
        } finally {
          done.run();
        }
      }
      case Item.Reached(long reading) -> registry.reached(reading);
    }
  }
}
