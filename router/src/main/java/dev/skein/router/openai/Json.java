package dev.skein.router.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Trees of JSON as text. */
public final class Json {
  private Json() {}

  /** The text of a tree, on one line. */
  public static String text(ObjectNode tree) {
    try {
      return JsonFields.MAPPER.writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of JSON nodes can always be written", e);
    }
  }
}
