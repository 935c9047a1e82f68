package dev.skein.cli.kafka;

import dev.skein.cli.CommandFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ports of the loopback interface, asked for before a server that explains itself badly tries to
 * bind them.
 */
public final class LoopbackPort {
  /** What was given to somebody who may not have bound it yet. */
  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private LoopbackPort() {}

  /** A port that was free a moment ago, and that nobody of this process was given before. */
  public static int free() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = socket.getLocalPort();
      return GIVEN.add(port) ? port : free();
    } catch (IOException e) {
      throw new CommandFailure("no free port on the loopback interface: " + e.getMessage(), e);
    }
  }

  /**
   * The port itself, or a free one for 0.
   *
   * @param option the option that chooses another port, for the message
   * @throws CommandFailure if somebody listens there
   */
  public static int claim(int port, String what, String option) {
    if (port == 0) {
      return free();
    }
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      GIVEN.add(port);
      return port;
    } catch (IOException e) {
      throw new CommandFailure(
          "port %d for %s is taken (%s): choose another one with %s"
              .formatted(port, what, e.getMessage(), option),
          e);
    }
  }
}
