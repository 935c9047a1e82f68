package dev.skein.system.clients;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/** Forwards connections, and cuts the first few of them after so many bytes of the answer. */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket server;
  private final URI target;
  private final int cuts;
  private final int afterBytes;
  private final AtomicInteger connections = new AtomicInteger();

  CuttingProxy(String target, int cuts, int afterBytes) throws IOException {
    this.target = URI.create(target);
    this.cuts = cuts;
    this.afterBytes = afterBytes;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /** How many connections were made. */
  int connections() {
    return connections.get();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        long left = connections.incrementAndGet() <= cuts ? afterBytes : Long.MAX_VALUE;
        Socket router = new Socket(target.getHost(), target.getPort());
        Thread.ofVirtual().start(() -> pass(client, router, Long.MAX_VALUE));
        Thread.ofVirtual().start(() -> pass(router, client, left));
      } catch (IOException e) {
        if (!server.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private static void pass(Socket from, Socket to, long bytes) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[1_024];
      long left = bytes;
      while (left > 0) {
        int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (read < 0) {
          return;
        }
        out.write(buffer, 0, read);
        out.flush();
        left -= read;
      }
    } catch (IOException e) {
      // the other end is gone, and so is this one
      return;
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
