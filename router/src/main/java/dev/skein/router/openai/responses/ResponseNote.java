package dev.skein.router.openai.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.openai.Json;
import dev.skein.router.openai.JsonFields;
import dev.skein.router.openai.ReplyForm;
import java.util.ArrayList;
import java.util.List;

/**
 * What the log tells of a response beside its turn, so that any router can tell it again.
 *
 * @param told the response's own fields
 * @param form how the text of the answer is to be read
 * @param before how many of the request's messages come before its input
 */
public record ResponseNote(ObjectNode told, ReplyForm form, int before) {
  /** Nothing is known. */
  static final ResponseNote NONE =
      new ResponseNote(JsonNodeFactory.instance.objectNode(), ReplyForm.CHAT, 0);

  /** As it stands in the request. */
  public String text() {
    ObjectNode note = JsonNodeFactory.instance.objectNode();
    note.set("told", told);
    note.put("chat", form.chat()).put("thinks", form.thinks());
    form.tools().forEach(note.putArray("tools")::add);
    return Json.text(note.put("before", before));
  }

  static ResponseNote parse(String text) {
    try {
      JsonNode note = JsonFields.MAPPER.readTree(text);
      List<String> tools = new ArrayList<>();
      note.path("tools").forEach(tool -> tools.add(tool.asText()));
      return new ResponseNote(
          note.path("told") instanceof ObjectNode fields ? fields : NONE.told,
          new ReplyForm(note.path("chat").asBoolean(true), note.path("thinks").asBoolean(), tools),
          note.path("before").asInt());
    } catch (JsonProcessingException e) {
      return NONE; // another writer's note
    }
  }
}
