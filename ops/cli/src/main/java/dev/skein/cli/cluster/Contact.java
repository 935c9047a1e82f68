package dev.skein.cli.cluster;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** What becomes of a connection to another node. */
enum Contact {
  /** It is there and can be reached. */
  ANSWERS,
  /** Its machine says that nobody listens: the process is gone. */
  REFUSES,
  /** Nothing comes back: the way is cut, or the machine is off. */
  SILENT;

  private static final int CONNECT_MS_MAX = 200;

  /** Tries it with the node at {@code host:port}; takes 200 ms at most. */
  static Contact with(String node) {
    int colon = node.lastIndexOf(':');
    int port = Integer.parseInt(node.substring(colon + 1));
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(node.substring(0, colon), port), CONNECT_MS_MAX);
      return ANSWERS;
    } catch (ConnectException e) {
      return isRefusal(e) ? REFUSES : SILENT;
    } catch (IOException e) {
      return SILENT;
    }
  }

  static boolean isRefusal(ConnectException e) {
    return String.valueOf(e.getMessage()).contains("refused");
  }
}
