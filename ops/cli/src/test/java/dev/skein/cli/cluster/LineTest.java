package dev.skein.cli.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class LineTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final AtomicReference<Boolean> gone = new AtomicReference<>();

  @Test
  void aListenerIsGoneWhenItClosesAndBackWhenItListensAgain() throws IOException {
    ServerSocket listener = listen(0);
    int port = listener.getLocalPort();
    try (Line _ = Line.to("127.0.0.1", port, gone::set)) {
      Socket held = listener.accept();
      await(false);
      listener.close();
      held.close();
      await(true);
      try (ServerSocket _ = listen(port)) {
        await(false);
      }
    }
  }

  /** A process that drops connections and listens on is none that is gone. */
  @Test
  void aListenerThatOnlyDropsConnectionsIsThere() throws IOException {
    try (ServerSocket listener = listen(0);
        Line _ = Line.to("127.0.0.1", listener.getLocalPort(), gone::set)) {
      listener.accept().close();
      listener.accept().close();
      try (Socket _ = listener.accept()) {
        await(false);
      }
    }
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return listener;
  }

  private void await(boolean expected) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> Boolean.valueOf(expected).equals(gone.get()));
  }
}
