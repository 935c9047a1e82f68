package dev.skein.cli.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A model hub on the loopback interface: repositories that can be listed, files that are sent on to
 * a second server, which plays the store that real hubs redirect to, and faults on demand. A fault
 * is taken by one request for a file's bytes, the next request gets the next one, and then all goes
 * well.
 */
public final class FakeHub implements AutoCloseable {
  /** What a request for the bytes meets. */
  public enum Fault {
    NONE,
    /** The line breaks in the middle. */
    BREAK,
    /** Nothing comes any more after the middle. */
    STALL,
    /** The whole file, whatever range was asked. */
    IGNORE_RANGE,
    /** A page for browsers, as networks with a login send it. */
    LOGIN_PAGE,
    /** The same without saying so. */
    SECRET_LOGIN_PAGE,
    /** As many bytes as there should be, one of them wrong. */
    WRONG_BYTE,
    /** A shorter file, in all honesty. */
    SHORT_FILE,
    /** Another part than was asked. */
    WRONG_RANGE,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    TOO_MANY,
    TOO_MANY_FOR_AN_HOUR,
    ERROR_500,
    /** No answer at all. */
    SILENCE
  }

  /** A request as it came. */
  public record Seen(String server, String path, Map<String, String> headers) {
    /** A header, or an empty text. */
    public String header(String name) {
      return headers.getOrDefault(name.toLowerCase(java.util.Locale.ROOT), "");
    }
  }

  private final HttpServer hub;
  private final HttpServer store;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final Map<String, String> etags = new LinkedHashMap<>();
  private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  private final List<String> strangePaths = new ArrayList<>();
  private volatile int listingStatus = 200;
  private volatile boolean redirect = true;
  private volatile String declaredSha = "";
  private volatile long declaredSize = -1;

  public FakeHub() throws IOException {
    hub = server(this::hub);
    store = server(this::store);
  }

  private HttpServer server(com.sun.net.httpserver.HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", handler);
    server.setExecutor(threads);
    server.start();
    return server;
  }

  /** Root of the hub. */
  public URI uri() {
    return uri(hub);
  }

  /** Root of the server that has the bytes. */
  public URI storeUri() {
    return uri(store);
  }

  private static URI uri(HttpServer server) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Publishes a file; its content is a function of its name. */
  public byte[] publish(String repository, String file, int bytes) {
    byte[] content = new byte[bytes];
    int state = file.hashCode();
    for (int i = 0; i < bytes; i++) {
      state = state * 1103515245 + 12345;
      content[i] = (byte) (state >> 16);
    }
    publish(repository, file, content);
    return content;
  }

  /** Publishes a file. */
  public void publish(String repository, String file, byte[] content) {
    files.put(repository + "/" + file, content);
    etags.put(repository + "/" + file, sha256(content));
  }

  /** Another content under the same name. */
  public byte[] replace(String repository, String file, int bytes) {
    byte[] content = publish(repository, file + " of another day", bytes);
    files.remove(repository + "/" + file + " of another day");
    publish(repository, file, content);
    return content;
  }

  /** Lists a name that nothing is behind. */
  public void list(String path) {
    strangePaths.add(path);
  }

  /** The next requests for bytes meet these. */
  public void fail(Fault... next) {
    faults.addAll(Arrays.asList(next));
  }

  public void listingStatus(int status) {
    listingStatus = status;
  }

  /** Whether the hub sends on to the store, or gives the bytes itself. */
  public void redirect(boolean value) {
    redirect = value;
  }

  /** The hub declares a digest that is not the file's. */
  public void lieAboutDigest(String sha256) {
    declaredSha = sha256;
  }

  /** The hub declares a length that is not the file's. */
  public void lieAboutSize(long bytes) {
    declaredSize = bytes;
  }

  /** All requests so far. */
  public List<Seen> seen() {
    return List.copyOf(seen);
  }

  /** Those for bytes of files. */
  public List<Seen> seenForBytes() {
    return seen.stream()
        .filter(s -> redirect ? s.server().equals("store") : s.path().contains("/resolve/"))
        .toList();
  }

  public static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void note(String server, HttpExchange exchange) {
    Map<String, String> headers = new LinkedHashMap<>();
    exchange
        .getRequestHeaders()
        .forEach((k, v) -> headers.put(k.toLowerCase(java.util.Locale.ROOT), v.getFirst()));
    seen.add(new Seen(server, exchange.getRequestURI().toString(), headers));
  }

  private void hub(HttpExchange exchange) throws IOException {
    note("hub", exchange);
    String path = exchange.getRequestURI().getPath();
    try (exchange) {
      if (path.startsWith("/api/models/")) {
        listing(exchange, path.replaceAll("^/api/models/|/tree/main$", ""));
        return;
      }
      String key =
          path.replaceFirst("^/models/", "/").replaceFirst("/resolve/[^/]+/", "/").substring(1);
      byte[] content = files.get(key);
      if (content == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      String sha = declaredSha.isEmpty() ? sha256(content) : declaredSha;
      long size = declaredSize < 0 ? content.length : declaredSize;
      exchange.getResponseHeaders().add("X-Linked-Etag", "\"" + sha + "\"");
      exchange.getResponseHeaders().add("X-Linked-Size", Long.toString(size));
      if (redirect) {
        String to = storeUri() + "/blob/" + exchange.getRequestURI().getRawPath().substring(1);
        exchange.getResponseHeaders().add("Location", to);
        exchange.sendResponseHeaders(302, -1);
      } else {
        bytes(exchange, content, sha);
      }
    }
  }

  private void listing(HttpExchange exchange, String repository) throws IOException {
    if (listingStatus != 200) {
      exchange.sendResponseHeaders(listingStatus, -1);
      return;
    }
    List<String> entries = new ArrayList<>();
    for (String path : strangePaths) {
      entries.add("{\"type\":\"file\",\"path\":\"%s\",\"size\":1}".formatted(path));
    }
    files.forEach((key, content) -> {
      if (key.startsWith(repository + "/")) {
        entries.add(
            "{\"type\":\"file\",\"path\":\"%s\",\"size\":%d,\"lfs\":{\"oid\":\"%s\",\"size\":%d}}"
                .formatted(
                    key.substring(repository.length() + 1),
                    content.length,
                    declaredSha.isEmpty() ? sha256(content) : declaredSha,
                    declaredSize < 0 ? content.length : declaredSize));
      }
    });
    // Two pages, as hubs do with many files.
    boolean second = "page=2".equals(exchange.getRequestURI().getQuery());
    int half = entries.size() / 2;
    if (!second) {
      String next = uri() + exchange.getRequestURI().getPath() + "?page=2";
      exchange.getResponseHeaders().add("Link", "<" + next + ">; rel=\"next\"");
    }
    List<String> page = second ? entries.subList(half, entries.size()) : entries.subList(0, half);
    send(exchange, 200, "application/json", "[" + String.join(",", page) + "]");
  }

  private void store(HttpExchange exchange) throws IOException {
    note("store", exchange);
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String key =
          path.replaceFirst("^/blob/", "")
              .replaceFirst("^models/", "")
              .replaceFirst("/resolve/[^/]+/", "/");
      byte[] content = files.get(key);
      if (content == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      bytes(exchange, content, "store-" + etags.get(key));
    }
  }

  private void bytes(HttpExchange exchange, byte[] whole, String etag) throws IOException {
    Fault next = faults.poll();
    Fault fault = next == null ? Fault.NONE : next;
    switch (fault) {
      case LOGIN_PAGE -> send(exchange, 200, "text/html; charset=utf-8", "<html>log in</html>");
      case SECRET_LOGIN_PAGE -> {
        byte[] page =
            Arrays.copyOf(
                "<!DOCTYPE html><html>".getBytes(StandardCharsets.US_ASCII), whole.length);
        content(exchange, page, etag, fault);
      }
      case WRONG_BYTE -> {
        byte[] wrong = whole.clone();
        wrong[wrong.length - 1] ^= 1;
        content(exchange, wrong, etag, fault);
      }
      case SHORT_FILE -> content(exchange, Arrays.copyOf(whole, whole.length - 10), etag, fault);
      case UNAUTHORIZED -> exchange.sendResponseHeaders(401, -1);
      case FORBIDDEN -> exchange.sendResponseHeaders(403, -1);
      case NOT_FOUND -> exchange.sendResponseHeaders(404, -1);
      case TOO_MANY -> {
        exchange.getResponseHeaders().add("Retry-After", "7");
        exchange.sendResponseHeaders(429, -1);
      }
      case TOO_MANY_FOR_AN_HOUR -> {
        exchange.getResponseHeaders().add("Retry-After", "3600");
        exchange.sendResponseHeaders(429, -1);
      }
      case ERROR_500 -> exchange.sendResponseHeaders(500, -1);
      case SILENCE -> untilClosed();
      default -> content(exchange, whole, etag, fault);
    }
  }

  private void content(HttpExchange exchange, byte[] whole, String etag, Fault fault)
      throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = 0;
    exchange.getResponseHeaders().add("ETag", "\"" + etag + "\"");
    exchange.getResponseHeaders().add("Content-Type", "application/octet-stream");
    if (range != null && fault != Fault.IGNORE_RANGE) {
      from = Integer.parseInt(range.replaceAll("[^0-9]", ""));
      if (from >= whole.length) {
        exchange.getResponseHeaders().add("Content-Range", "bytes */" + whole.length);
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      int told = fault == Fault.WRONG_RANGE ? from + 1 : from;
      exchange
          .getResponseHeaders()
          .add("Content-Range", "bytes " + told + "-" + (whole.length - 1) + "/" + whole.length);
    }
    int length = whole.length - from;
    exchange.sendResponseHeaders(range != null && fault != Fault.IGNORE_RANGE ? 206 : 200, length);
    OutputStream out = exchange.getResponseBody();
    boolean half = fault == Fault.BREAK || fault == Fault.STALL;
    out.write(whole, from, half ? length / 2 : length);
    out.flush();
    if (fault == Fault.STALL) {
      untilClosed();
    }
    if (half) {
      throw new IOException("the line breaks, on purpose");
    }
  }

  private void untilClosed() {
    try {
      closed.await(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String text) {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", type);
    try {
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
