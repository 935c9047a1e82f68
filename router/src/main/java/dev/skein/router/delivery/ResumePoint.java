package dev.skein.router.delivery;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The last event that a client has of an answer, as the id of a server-sent event says it.
 *
 * @param offset where the event, or one before it, lies in {@code tokens}; -1 if that is not known
 */
public record ResumePoint(int turn, int choice, int index, long offset) {
  private static final Pattern ID =
      Pattern.compile("([0-9]{1,9})\\.([0-9]{1,9})\\.([0-9]{1,9})(?:\\.([0-9]{1,18}))?");

  /** Reads {@code turn.choice.index.offset}, or the same without offset; null if it is neither. */
  public static @Nullable ResumePoint parse(String id) {
    Matcher m = ID.matcher(id);
    if (!m.matches()) {
      return null;
    }
    return new ResumePoint(
        Integer.parseInt(m.group(1)),
        Integer.parseInt(m.group(2)),
        Integer.parseInt(m.group(3)),
        m.group(4) == null ? -1 : Long.parseLong(m.group(4)));
  }

  /** The id of an event. */
  public static String id(StreamEvent.Indexed event, long offset) {
    String place = event.turn() + "." + event.choice() + "." + event.index();
    return offset < 0 ? place : place + "." + offset;
  }
}
