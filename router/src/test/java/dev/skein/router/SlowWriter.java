package dev.skein.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/**
 * A client that writes the body of a request some time after its head, as many do. An answer that
 * comes before would cost it the connection.
 */
final class SlowWriter implements AutoCloseable {
  private static final int PAUSE_MS = 100;
  private static final int PATIENCE_MS = 10_000;

  private final Socket socket;

  SlowWriter(Router router) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), router.address().getPort());
  }

  /**
   * The head of the answer and a body that is JSON with one object in it; nothing of it comes
   * before the request's body.
   *
   * @param head without the host and what is said of the body's length
   */
  String ask(String head, String body) throws IOException {
    write("%s\r\nHost: x\r\nContent-Length: %d\r\n\r\n".formatted(head, body.length()));
    socket.setSoTimeout(PAUSE_MS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .as("before the body")
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(PATIENCE_MS);
    write(body);
    String answer = read();
    assertThat(answer).doesNotContain("Connection: close");
    return answer;
  }

  private void write(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  private String read() throws IOException {
    StringBuilder heard = new StringBuilder();
    while (heard.indexOf("}}") < 0) {
      int next = socket.getInputStream().read();
      assertThat(next).as(heard + "…").isNotNegative();
      heard.append((char) next);
    }
    return heard.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
