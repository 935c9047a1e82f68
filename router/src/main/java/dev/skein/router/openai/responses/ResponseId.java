package dev.skein.router.openai.responses;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The id of a response: it names the turn of a session in words that any router reads, so that the
 * log alone tells the response again.
 *
 * @param createdSeconds when it was asked for, in seconds since 1970
 * @param session the session that it is a turn of; "" for a response that is not kept
 * @param requestId names the turn
 * @param pool of the session; "" if the id does not say, as those of a router of one pool
 */
public record ResponseId(long createdSeconds, String session, String requestId, String pool) {
  private static final String PREFIX = "resp_";

  @Override
  public String toString() {
    String words =
        Long.toHexString(createdSeconds)
            + '\n'
            + session
            + '\n'
            + requestId
            + (pool.isEmpty() ? "" : '\n' + pool);
    return PREFIX
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(words.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads an id; null if it is none. */
  public static @Nullable ResponseId parse(String id) {
    if (!id.startsWith(PREFIX) || id.length() > 2_048) {
      return null;
    }
    try {
      byte[] words = Base64.getUrlDecoder().decode(id.substring(PREFIX.length()));
      String[] parts = new String(words, StandardCharsets.UTF_8).split("\n", -1);
      if (parts.length < 3 || parts.length > 4 || parts[2].isEmpty()) {
        return null;
      }
      String pool = parts.length == 4 ? parts[3] : "";
      return new ResponseId(Long.parseLong(parts[0], 16), parts[1], parts[2], pool);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
