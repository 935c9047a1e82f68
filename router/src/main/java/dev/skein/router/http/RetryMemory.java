package dev.skein.router.http;

import dev.skein.router.admission.Caller;
import dev.skein.router.openai.CallHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Recognises a request that is sent again. Some clients repeat what failed on its way without
 * naming it, but say in a header that they do. A repeated one gets the answer to the newest request
 * of the same content, unless that was answered with an error, and so does not become a second
 * turn. This holds for one router and ten minutes; a client that names its requests is safe
 * everywhere.
 */
final class RetryMemory {
  private static final int REQUESTS_MAX = 8_192;
  private static final Duration KEPT = Duration.ofMinutes(10);

  /**
   * A request as it was sent first.
   *
   * @param age how long ago that was; null for one that is sent for the first time
   */
  record Sent(String id, @Nullable Duration age) {}

  private record First(String id, Instant at) {}

  private final InstantSource clock;
  private final Map<String, First> known = new ConcurrentHashMap<>();

  RetryMemory(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Takes note of a request and says what it is known as.
   *
   * @param id of the request, if it is a new one
   */
  Sent sent(Caller caller, byte[] body, CallHeaders headers, String id) {
    String content = content(caller, body, headers);
    Instant now = clock.instant();
    First before = isAgain(headers) ? known.get(content) : null;
    if (before != null && before.at().plus(KEPT).isAfter(now)) {
      return new Sent(before.id(), Duration.between(before.at(), now));
    }
    if (known.size() >= REQUESTS_MAX) {
      known.values().removeIf(first -> !first.at().plus(KEPT).isAfter(now));
    }
    First first = new First(id, now);
    if (known.size() < REQUESTS_MAX) {
      known.put(content, first);
    }
    return new Sent(first.id(), null);
  }

  private static boolean isAgain(CallHeaders headers) {
    String count = headers.retryCount();
    return count != null && count.matches("[1-9][0-9]{0,8}");
  }

  /** The request was answered with an error: sent again, it is a new one. */
  void forget(Caller caller, byte[] body, CallHeaders headers) {
    known.remove(content(caller, body, headers));
  }

  private static String content(Caller caller, byte[] body, CallHeaders headers) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      String session = headers.session();
      sha.update(caller.tenant().getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      sha.update((session == null ? "" : session).getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      return HexFormat.of().formatHex(sha.digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
