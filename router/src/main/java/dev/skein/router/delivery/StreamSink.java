package dev.skein.router.delivery;

/** The bounded buffer before one client's connection. */
public interface StreamSink {
  /** Returns false, and takes nothing, if the buffer is full or the client is gone. */
  boolean offer(StreamEvent event);

  /** How many events could be offered now. */
  int room();

  /** Whether nothing will be taken any more: the client is gone, or got its last event. */
  boolean isClosed();

  /** Nothing will follow. What waits is still delivered. */
  void complete();

  /** Cuts the client off. */
  void abort();
}
