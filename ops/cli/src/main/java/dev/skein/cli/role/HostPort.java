package dev.skein.cli.role;

import dev.skein.cli.CommandFailure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * An address as options give it.
 *
 * @param host name or number
 * @param port 0 takes a free one
 */
record HostPort(String host, int port) {

  /**
   * Reads {@code HOST:PORT}.
   *
   * @param option for the message
   */
  static HostPort parse(String option, String text) {
    int colon = text.lastIndexOf(':');
    if (colon > 0 && text.substring(colon + 1).matches("[0-9]{1,5}")) {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (port <= 65_535) {
        return new HostPort(text.substring(0, colon), port);
      }
    }
    throw new CommandFailure(option + " must be HOST:PORT, and is '" + text + "'");
  }

  /**
   * The same for an address to listen on: nobody is asked for a key, so only this machine may come.
   */
  static HostPort loopback(String option, String text) {
    HostPort parsed = parse(option, text);
    try {
      if (InetAddress.getByName(parsed.host).isLoopbackAddress()) {
        return parsed;
      }
    } catch (UnknownHostException e) {
      throw new CommandFailure(
          option + ": the host '" + parsed.host + "' is not known here; use 127.0.0.1", e);
    }
    throw new CommandFailure(
        ("%s must be an address of the loopback interface such as 127.0.0.1:%d here,"
                + " and is '%s'")
            .formatted(option, parsed.port, text));
  }

  InetSocketAddress socket() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
