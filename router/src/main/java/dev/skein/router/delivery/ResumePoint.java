package dev.skein.router.delivery;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The last event that a client has of an answer, as the id of a server-sent event says it.
 *
 * @param offset where the event, or one before it, lies in {@code tokens}; -1 if that is not known
 * @param pool whose topic that is; "" if the id does not say, as those of a router of one pool
 */
public record ResumePoint(int turn, int choice, int index, long offset, String pool) {
  private static final Pattern ID =
      Pattern.compile(
          "([0-9]{1,9})\\.([0-9]{1,9})\\.([0-9]{1,9})(?:\\.([0-9]{1,18}))?"
              + "(?:@([a-z0-9-]{1,64}))?");

  /**
   * Reads {@code turn.choice.index.offset@pool}, or the same without offset, pool or both; null if
   * it is none of these.
   */
  public static @Nullable ResumePoint parse(String id) {
    Matcher m = ID.matcher(id);
    if (!m.matches()) {
      return null;
    }
    return new ResumePoint(
        Integer.parseInt(m.group(1)),
        Integer.parseInt(m.group(2)),
        Integer.parseInt(m.group(3)),
        m.group(4) == null ? -1 : Long.parseLong(m.group(4)),
        m.group(5) == null ? "" : m.group(5));
  }

  /** The id of an event. */
  public static String id(StreamEvent.Indexed event, long offset, String pool) {
    String place = event.turn() + "." + event.choice() + "." + event.index();
    return place + (offset < 0 ? "" : "." + offset) + (pool.isEmpty() ? "" : "@" + pool);
  }
}
