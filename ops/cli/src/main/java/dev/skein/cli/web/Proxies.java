package dev.skein.cli.web;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proxies of {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code ALL_PROXY} (or their lower-case
 * names) and the hosts of {@code NO_PROXY} that need none: names with all that lies below them,
 * optionally with a port, and {@code *} for all.
 */
public final class Proxies extends ProxySelector {
  private static final int USUAL_PORT = 8080;

  private final @Nullable InetSocketAddress secure;
  private final @Nullable InetSocketAddress plain;
  private final List<String> direct;

  private Proxies(
      @Nullable InetSocketAddress secure, @Nullable InetSocketAddress plain, List<String> direct) {
    this.secure = secure;
    this.plain = plain;
    this.direct = direct;
  }

  /** No proxy for anything. */
  public static Proxies none() {
    return new Proxies(null, null, List.of());
  }

  /** Those of the environment. */
  public static Proxies of(Map<String, String> environment) throws HubException {
    List<String> direct =
        Arrays.stream(value(environment, "NO_PROXY").split("[,\\s]+"))
            .map(host -> host.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", ""))
            .filter(host -> !host.isEmpty())
            .toList();
    return new Proxies(proxy(environment, "HTTPS_PROXY"), proxy(environment, "HTTP_PROXY"), direct);
  }

  private static String value(Map<String, String> environment, String name) {
    String given = environment.getOrDefault(name, "");
    return (given.isBlank() ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "") : given)
        .strip();
  }

  private static @Nullable InetSocketAddress proxy(Map<String, String> environment, String name)
      throws HubException {
    String own = value(environment, name);
    String given = own.isEmpty() ? value(environment, "ALL_PROXY") : own;
    if (given.isEmpty()) {
      return null;
    }
    String text = given.contains("://") ? given : "http://" + given;
    if (text.contains("@")) {
      throw HubException.last(
          name
              + " names a proxy with a password, which is not supported: use a local proxy without"
              + " one, or fetch the file by other means and run: skein model import FILE");
    }
    URI uri = Web.uri(text);
    if (uri == null || Web.secure(uri)) {
      throw HubException.last(
          name + " must be a proxy such as http://proxy:3128, and is '" + given + "'");
    }
    return InetSocketAddress.createUnresolved(
        uri.getHost(), uri.getPort() < 0 ? USUAL_PORT : uri.getPort());
  }

  @Override
  public List<Proxy> select(URI uri) {
    InetSocketAddress proxy = Web.secure(uri) ? secure : plain;
    if (proxy == null || direct(uri)) {
      return List.of(Proxy.NO_PROXY);
    }
    return List.of(new Proxy(Proxy.Type.HTTP, proxy));
  }

  private boolean direct(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    String withPort = host + ":" + uri.getPort();
    return direct.stream()
        .anyMatch(name ->
            name.equals("*")
                || host.equals(name)
                || host.endsWith("." + name)
                || withPort.equals(name));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    // There is no other proxy to turn to.
  }
}
