package dev.skein.cli.chat;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.web.ApiKey;
import dev.skein.client.SkeinClient;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** Which routers there are to talk to. */
final class Routers {
  private static final Duration CONNECT = Duration.ofSeconds(2);

  private Routers() {}

  /**
   * A client of a router, with the key of the environment.
   *
   * @param url with or without {@code /v1} at its end
   */
  static SkeinClient client(String url) {
    if (!url.matches("https?://[^/].*")) {
      throw new CommandFailure("--url must begin with http://, and is '" + url + "'");
    }
    String key = ApiKey.ofEnvironment().text();
    return SkeinClient.of(URI.create(url), key == null ? "" : key);
  }

  /** Whether a router answers there. */
  static boolean answers(String url) {
    URI address = URI.create(url);
    try (Socket probe = new Socket()) {
      probe.connect(
          new InetSocketAddress(address.getHost(), address.getPort()), (int) CONNECT.toMillis());
    } catch (IOException e) {
      return false;
    }
    try (SkeinClient skein = client(url)) {
      return !skein.models().isEmpty();
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Name of the first model that a router offers.
   *
   * @param url where it was looked for
   */
  static String model(SkeinClient skein, String url) {
    try {
      List<String> models = skein.models();
      if (models.isEmpty()) {
        throw new CommandFailure("the router at " + url + " offers no model");
      }
      return models.getFirst();
    } catch (ConnectException e) {
      throw new CommandFailure(
          "no router listens at " + url + ": start one with skein up, or name another with --url",
          e);
    } catch (IOException e) {
      throw new CommandFailure("no router answers at " + url + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }
}
