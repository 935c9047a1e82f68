package dev.skein.cli.cluster;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a listener on which nothing is ever said: it breaks when the listener's process
 * ends, within milliseconds. A listener is gone when it refuses connections twice in a row, or once
 * after the connection has broken. Whoever does not answer at all is not known to be gone.
 */
final class Line implements AutoCloseable {
  private static final int SIGNS = 2;
  private static final int CONNECT_MS_MAX = 200;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  /** A listener that is about to close may still have let us in. */
  private static final long AFTER_BREAK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final InetSocketAddress listener;
  private final Consumer<Boolean> gone;
  private volatile @Nullable Socket held;
  private volatile boolean closed;

  private Line(InetSocketAddress listener, Consumer<Boolean> gone) {
    this.listener = listener;
    this.gone = gone;
  }

  /**
   * Begins to hold one.
   *
   * @param gone told on a thread of the line's own, at every sign: true that the listener is gone,
   *     false that it is there
   */
  static Line to(String host, int port, Consumer<Boolean> gone) {
    Line line = new Line(new InetSocketAddress(host, port), gone);
    Thread _ = Thread.ofVirtual().name("skein-line-" + host + ":" + port).start(line::run);
    return line;
  }

  private void run() {
    int signs = 0;
    while (!closed) {
      signs = hold(signs);
      if (signs >= SIGNS && !closed) {
        gone.accept(true);
      }
      LockSupport.parkNanos(signs == 1 ? AFTER_BREAK_NANOS : PAUSE_NANOS);
    }
  }

  /** Connects and waits for the end of that; how many signs of the listener's end there are now. */
  private int hold(int signs) {
    try (Socket socket = new Socket()) {
      socket.connect(listener, CONNECT_MS_MAX);
      held = socket;
      if (!closed) {
        gone.accept(false);
        int _ = socket.getInputStream().read();
      }
      return 1;
    } catch (ConnectException e) {
      return Contact.isRefusal(e) ? signs + 1 : 0;
    } catch (IOException e) {
      return held == null ? 0 : 1;
    } finally {
      held = null;
    }
  }

  @Override
  public void close() {
    closed = true;
    Socket socket = held;
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is closed.
      }
    }
  }
}
