package dev.skein.proto;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Stream;

/** The JSON form of a constraint: an object with one field, which names its kind. */
final class JsonConstraint {

  static final String FIELD = "constraint";

  private static final List<String> KINDS =
      List.of("json_schema", "regex", "choices", "gbnf", "json_object");

  private JsonConstraint() {}

  static Constraint read(JsonFields in) throws BadRecordException {
    List<String> given = KINDS.stream().filter(kind -> in.get(kind) != null).toList();
    if (given.size() != 1 || in.object().size() != 1) {
      throw new BadRecordException(
          BadRecordException.INVALID_REQUEST,
          FIELD,
          "Field constraint must hold exactly one of " + String.join(", ", KINDS) + ".");
    }
    Constraint.Builder out = Constraint.newBuilder();
    switch (given.getFirst()) {
      case "json_schema" -> out.setJsonSchema(schema(in));
      case "regex" -> out.setRegex(in.stringOr("regex", ""));
      case "gbnf" -> out.setGbnf(in.stringOr("gbnf", ""));
      case "json_object" -> out.setJsonObject(in.flag("json_object"));
      default -> out.setChoices(choices(in));
    }
    return out.build();
  }

  /** A schema may stand in the request as it is, or as a text. */
  private static String schema(JsonFields in) throws BadRecordException {
    JsonNode schema = in.get("json_schema");
    return schema instanceof ObjectNode object ? object.toString() : in.stringOr("json_schema", "");
  }

  private static Choices choices(JsonFields in) throws BadRecordException {
    ArrayNode list = in.list("choices");
    Choices.Builder choices = Choices.newBuilder();
    for (int i = 0; list != null && i < list.size(); i++) {
      choices.addChoice(JsonFields.asString(list.get(i), "constraint.choices[" + i + "]"));
    }
    return choices.build();
  }

  static void write(Constraint in, ObjectNode out) {
    switch (in.getRuleCase()) {
      case JSON_SCHEMA -> out.put("json_schema", in.getJsonSchema());
      case REGEX -> out.put("regex", in.getRegex());
      case CHOICES -> in.getChoices().getChoiceList().forEach(out.putArray("choices")::add);
      case GBNF -> out.put("gbnf", in.getGbnf());
      case JSON_OBJECT -> out.put("json_object", in.getJsonObject());
      case RULE_NOT_SET -> {}
    }
  }

  /** All its texts. */
  static Stream<String> texts(Constraint constraint) {
    return switch (constraint.getRuleCase()) {
      case JSON_SCHEMA -> Stream.of(constraint.getJsonSchema());
      case REGEX -> Stream.of(constraint.getRegex());
      case CHOICES -> constraint.getChoices().getChoiceList().stream();
      case GBNF -> Stream.of(constraint.getGbnf());
      case JSON_OBJECT, RULE_NOT_SET -> Stream.empty();
    };
  }
}
