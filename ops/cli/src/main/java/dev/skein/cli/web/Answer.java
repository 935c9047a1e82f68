package dev.skein.cli.web;

import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a server answered at the end of all redirects: 200, 206 or 416.
 *
 * @param at the address that answered
 * @param declared the headers of the server that was asked, which speak for the file: the one that
 *     it redirects to only carries bytes
 * @param headers of the answer itself
 */
public record Answer(int status, URI at, HttpHeaders declared, HttpHeaders headers, Arrivals body)
    implements AutoCloseable {

  /** What identifies the file's content, or null if nobody says it. */
  public @Nullable String identity() {
    String linked = linkedEtag();
    return linked != null ? linked : etag(headers, "etag");
  }

  /** SHA-256 of the file as the hub declares it, or null. */
  public @Nullable String sha256() {
    String linked = linkedEtag();
    return linked != null && linked.matches("(?i)[0-9a-f]{64}")
        ? linked.toLowerCase(Locale.ROOT)
        : null;
  }

  private @Nullable String linkedEtag() {
    return etag(declared, "x-linked-etag");
  }

  private static @Nullable String etag(HttpHeaders headers, String name) {
    String value = headers.firstValue(name).orElse("").strip().replaceFirst("^W/", "");
    String bare = value.replaceAll("^\"|\"$", "");
    return bare.isEmpty() || bare.length() > 200 ? null : bare;
  }

  /** Length of the whole file as the hub declares it, 0 if it does not. */
  public long linkedSize() {
    return number(declared, "x-linked-size").orElse(0);
  }

  /** Bytes of the body, -1 if they are not told. */
  public long length() {
    return number(headers, "content-length").orElse(-1);
  }

  /** Whether the body is meant for a browser. */
  public boolean html() {
    String type = headers.firstValue("content-type").orElse("").toLowerCase(Locale.ROOT);
    return type.startsWith("text/html") || type.startsWith("application/xhtml");
  }

  private static OptionalLong number(HttpHeaders headers, String name) {
    String value = headers.firstValue(name).orElse("").strip();
    return value.matches("[0-9]{1,18}")
        ? OptionalLong.of(Long.parseLong(value))
        : OptionalLong.empty();
  }

  @Override
  public void close() {
    body.close();
  }
}
