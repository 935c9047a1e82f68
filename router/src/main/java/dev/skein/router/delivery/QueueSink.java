package dev.skein.router.delivery;

import org.apache.pekko.stream.BoundedSourceQueue;

/**
 * A client's buffer as a queue in front of a stream. The stream closes the queue from a thread of
 * its own when the client leaves, between any two calls here: closing what is closed is no fault.
 */
final class QueueSink implements StreamSink {
  private final BoundedSourceQueue<StreamEvent> queue;
  private final int capacity;

  /**
   * @param capacity how many events the queue holds
   */
  QueueSink(BoundedSourceQueue<StreamEvent> queue, int capacity) {
    this.queue = queue;
    this.capacity = capacity;
  }

  @Override
  public boolean offer(StreamEvent event) {
    return queue.offer(event).isEnqueued();
  }

  @Override
  public int room() {
    return queue.isCompleted() ? 0 : Math.max(0, capacity - queue.size());
  }

  @Override
  public boolean isClosed() {
    return queue.isCompleted();
  }

  @Override
  public void complete() {
    close(queue::complete);
  }

  @Override
  public void abort() {
    close(() -> queue.fail(new SlowClientException()));
  }

  private static void close(Runnable closing) {
    try {
      closing.run();
    } catch (IllegalStateException e) {
      // The queue refuses so when it is closed already.
    }
  }
}
