package dev.skein.router.delivery;

import dev.skein.proto.ChatMessage;
import dev.skein.proto.Request;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which requests without a session belong together, because they begin alike: those of one
 * conversation that is sent as a whole every time go to one worker, which keeps the states of what
 * it has read. A beginning that many ask for at once is spread over several workers. On which of
 * them a turn runs is a function of its request and its id alone, so that every router finds it
 * again.
 *
 * <p>Any thread.
 */
public final class Affinity {
  /** Requests of one beginning that go to the same worker in one second. */
  static final int LANE_REQUESTS = 32;

  private static final int LANES_MAX = 64;
  private static final int BEGINNINGS_MAX = 4_096;
  private static final int CHARS_MAX = 512;
  private static final int TOKENS_MAX = 128;
  private static final long WINDOW_NANOS = 1_000_000_000L;
  private static final Pattern LANE = Pattern.compile(".*~([1-9][0-9]?)");

  private final LongSupplier nanoTime;
  private final Map<String, Integer> counts = new HashMap<>();
  private long window;

  /**
   * @param nanoTime a clock that never goes back
   */
  public Affinity(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * What a request begins with: its first system and user messages, or the beginning of its prompt.
   *
   * @param cacheKey what the client names it, or null
   */
  public static String beginning(Request request, @Nullable String cacheKey) {
    if (cacheKey != null) {
      return "key\0" + cacheKey;
    }
    if (request.getMessagesCount() == 0) {
      return request.getPrompt().isEmpty()
          ? "ids\0" + request.getTokensList().stream().limit(TOKENS_MAX).toList()
          : "text\0"
              + request
                  .getPrompt()
                  .codePoints()
                  .limit(CHARS_MAX)
                  .collect(
                      StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append);
    }
    StringBuilder beginning = new StringBuilder("chat");
    for (ChatMessage message : request.getMessagesList()) {
      beginning.append('\0').append(message.getRole()).append('\0').append(message.getContent());
      if (message.getRole().equals("user")) {
        break;
      }
    }
    return beginning.toString();
  }

  /** Makes an id for a new request say which of its beginning's workers it goes to. */
  public synchronized String laned(String beginning, String id) {
    long now = nanoTime.getAsLong();
    if (now - window >= WINDOW_NANOS || counts.size() >= BEGINNINGS_MAX) {
      counts.clear();
      window = now;
    }
    int lane = counts.merge(beginning, 1, Integer::sum) / (LANE_REQUESTS + 1);
    return lane == 0 ? id : id + "~" + Math.min(LANES_MAX, lane);
  }

  /** The word whose shard runs a request. */
  static String place(String beginning, String id) {
    Matcher lane = LANE.matcher(id);
    return lane.matches() ? beginning + "\0" + lane.group(1) : beginning;
  }
}
