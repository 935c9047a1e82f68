package dev.skein.router.http;

import dev.skein.router.admission.Caller;
import dev.skein.router.delivery.Deliveries.Delivery;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection, which carries one answer at a time: when it closes, the answer under way
 * is abandoned, even if nothing of it was sent yet.
 */
final class Connection {
  private final AtomicReference<@Nullable Delivery> current = new AtomicReference<>();
  private final AtomicReference<@Nullable Runnable> alarm = new AtomicReference<>();
  private final Supplier<Runnable> alarms;
  private volatile boolean closed;
  private volatile Caller caller = Caller.ANYONE;

  /**
   * @param alarms starts the time after which the connection is closed, and returns what stops it
   */
  Connection(Supplier<Runnable> alarms) {
    this.alarms = alarms;
  }

  /** Nothing is under way: the next request must not be long in coming. */
  void waits() {
    if (!closed) {
      stop(alarm.getAndSet(alarms.get()));
    }
  }

  /** A request has come. */
  void asked() {
    stop(alarm.getAndSet(null));
  }

  private static void stop(@Nullable Runnable running) {
    if (running != null) {
      running.run();
    }
  }

  /** Who makes the request under way. */
  Caller caller() {
    return caller;
  }

  /** The next request is made by this caller. */
  void calls(Caller next) {
    caller = next;
  }

  /** The connection waits for this answer now. */
  void answering(Delivery delivery) {
    current.set(delivery);
    if (closed) {
      delivery.abandon();
    }
  }

  void close() {
    closed = true;
    asked();
    Delivery delivery = current.get();
    if (delivery != null) {
      delivery.abandon();
    }
  }
}
