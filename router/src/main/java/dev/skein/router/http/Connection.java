package dev.skein.router.http;

import dev.skein.router.delivery.Deliveries.Delivery;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection, which carries one answer at a time: when it closes, the answer under way
 * is abandoned, even if nothing of it was sent yet.
 */
final class Connection {
  private final AtomicReference<@Nullable Delivery> current = new AtomicReference<>();
  private volatile boolean closed;

  /** The connection waits for this answer now. */
  void answering(Delivery delivery) {
    current.set(delivery);
    if (closed) {
      delivery.abandon();
    }
  }

  void close() {
    closed = true;
    Delivery delivery = current.get();
    if (delivery != null) {
      delivery.abandon();
    }
  }
}
