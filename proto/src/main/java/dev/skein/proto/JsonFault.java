package dev.skein.proto;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;

/** What is wrong with a text that is no JSON, in words for the one who sent it. */
public final class JsonFault {
  private JsonFault() {}

  /** A clause like {@code duplicate field 'a' (line 1, column 9)}, without a full stop. */
  public static String of(JsonProcessingException fault) {
    return what(fault) + where(fault);
  }

  private static String what(JsonProcessingException fault) {
    if (fault instanceof JsonEOFException) {
      return "it ends too early";
    }
    String message = fault.getOriginalMessage();
    String first = message == null ? "" : message.lines().findFirst().orElse("");
    if (first.startsWith("Trailing token")) {
      return "something follows its end";
    }
    String plain =
        first
            .replaceAll(" ?\\([^()]*\\[Source:.*", "")
            .replaceAll(" for `[^`]*`: .*", "")
            .replaceAll(", from `[^`]*`", "");
    return plain.isBlank()
        ? "it is broken"
        : Character.toLowerCase(plain.charAt(0)) + plain.substring(1);
  }

  private static String where(JsonProcessingException fault) {
    return fault.getLocation() == null
        ? ""
        : " (line %d, column %d)"
            .formatted(fault.getLocation().getLineNr(), fault.getLocation().getColumnNr());
  }
}
