package dev.skein.router.delivery;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many answers are under way in the router. Those who begin them look first and count then,
 * each pool by one thread: there may be as many too many as there are other pools.
 */
final class StreamCount {
  private final AtomicInteger streams = new AtomicInteger();
  private final int max;

  /**
   * @param max how many may be
   */
  StreamCount(int max) {
    this.max = max;
  }

  boolean isFull() {
    return streams.get() >= max;
  }

  void begun() {
    streams.incrementAndGet();
  }

  void ended() {
    streams.decrementAndGet();
  }
}
