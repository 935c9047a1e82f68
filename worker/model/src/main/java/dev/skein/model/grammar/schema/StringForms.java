package dev.skein.model.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.model.grammar.form.Expression;
import dev.skein.model.grammar.form.RegexReader;
import java.util.Map;
import java.util.TreeSet;

/** Strings: of a length, found by a pattern, or of a format. */
final class StringForms {
  private static final String DATE =
      "[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
          + "|02-(0[1-9]|1[0-9]|2[0-8]))";
  private static final String TIME =
      "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"
          + "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
  private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  private static final Map<String, String> FORMATS =
      Map.of(
          "date",
          DATE,
          "time",
          TIME,
          "date-time",
          DATE + "T" + TIME,
          "uuid",
          "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
          "email",
          "[A-Za-z0-9_+-]{1,32}(\\.[A-Za-z0-9_+-]{1,16}){0,2}"
              + "@([a-z0-9]{1,20}(-[a-z0-9]{1,20})?\\.){1,3}[a-z]{2,10}",
          "ipv4",
          OCTET + "(\\." + OCTET + "){3}");

  private StringForms() {}

  static Expression of(JsonNode schema, String path) {
    JsonNode pattern = schema.get("pattern");
    JsonNode format = schema.get("format");
    int least = Keywords.count(schema, "minLength", 0, path);
    int most = Keywords.count(schema, "maxLength", Expression.UNBOUNDED, path);
    boolean hasLength = schema.has("minLength") || schema.has("maxLength");
    if ((pattern == null ? 0 : 1) + (format == null ? 0 : 1) + (hasLength ? 1 : 0) > 1) {
      throw new SchemaException(
          path,
          "holds more than one of a length, \"pattern\" and \"format\"; write the length into the"
              + " pattern, as in ^[a-z]{1,8}$");
    }
    if (pattern != null) {
      return JsonText.quoted(pattern(pattern, path));
    }
    if (format != null) {
      return JsonText.quoted(format(format, path));
    }
    return least > most
        ? Expression.NOTHING
        : JsonText.quoted(new Expression.Repeat(JsonText.CHARACTER, least, most));
  }

  private static Expression pattern(JsonNode pattern, String path) {
    if (!pattern.isTextual()) {
      throw new SchemaException(path, "has a \"pattern\" that is no text");
    }
    try {
      return RegexReader.found(pattern.textValue(), JsonText::encode);
    } catch (IllegalArgumentException e) {
      throw new SchemaException(
          path,
          "has a \"pattern\" that cannot be kept. " + withoutPoint(String.valueOf(e.getMessage())));
    }
  }

  private static String withoutPoint(String sentence) {
    return sentence.replaceAll("\\.$", "");
  }

  private static Expression format(JsonNode format, String path) {
    String regex = FORMATS.get(format.asText());
    if (regex == null) {
      throw new SchemaException(
          path,
          "has the format %s, which is not supported; %s are"
              .formatted(format, String.join(", ", new TreeSet<>(FORMATS.keySet()))));
    }
    return RegexReader.found("^(" + regex + ")$", JsonText::encode);
  }
}
