package dev.skein.cli.web;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is to be known about addresses of the web. */
public final class Web {
  private static final Set<String> SCHEMES = Set.of("http", "https");
  private static final String PLAIN = "-._~/";

  private Web() {}

  /** An address of the web, or null if the text is none. */
  public static @Nullable URI uri(String text) {
    try {
      URI uri = new URI(text);
      String scheme = uri.getScheme();
      boolean web = scheme != null && SCHEMES.contains(scheme.toLowerCase(Locale.ROOT));
      return web && uri.getHost() != null && uri.getUserInfo() == null ? uri : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }

  /** Whether one server, as far as tokens go, answers for both. */
  public static boolean sameOrigin(URI a, URI b) {
    return a.getScheme().equalsIgnoreCase(b.getScheme())
        && a.getHost().equalsIgnoreCase(b.getHost())
        && port(a) == port(b);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : secure(uri) ? 443 : 80;
  }

  public static boolean secure(URI uri) {
    return uri.getScheme().equalsIgnoreCase("https");
  }

  /**
   * A path as it stands in an address: everything but letters, digits and {@code -._~/} escaped.
   */
  public static String escape(String path) {
    StringBuilder escaped = new StringBuilder();
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || PLAIN.indexOf(c) >= 0;
      if (plain) {
        escaped.append(c);
      } else {
        escaped.append('%').append(String.format(Locale.ROOT, "%02X", (int) c));
      }
    }
    return escaped.toString();
  }
}
