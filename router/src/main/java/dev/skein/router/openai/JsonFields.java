package dev.skein.router.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.JsonFault;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object, read with strict types: a field is absent (missing or null), or of
 * its type and in its range, or the request is refused with one sentence that names it. Fields that
 * nobody asks for are let be.
 *
 * @param at where the object stands in the body, as a prefix of its fields' names: "" or {@code
 *     messages[1].}
 */
public record JsonFields(JsonNode object, String at) {
  private static final int DEPTH_MAX = 64;
  private static final int SHOWN_MAX = 40;

  /** Reads bodies: no deep nesting, no field twice, nothing behind the end. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** The body of a request. */
  public static JsonFields parse(byte[] body) throws ApiException {
    JsonNode root;
    try {
      root = MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw ApiException.invalid(null, "The body is not valid JSON: " + JsonFault.of(e) + ".");
    } catch (IOException e) {
      throw ApiException.invalid(null, "The body is not valid JSON in UTF-8.");
    }
    if (!(root instanceof ObjectNode)) {
      throw ApiException.invalid(null, "The body must be a JSON object.");
    }
    return new JsonFields(root, "");
  }

  /** The field, or null if it is missing or null. */
  public @Nullable JsonNode get(String name) {
    JsonNode node = object.get(name);
    return node == null || node.isNull() ? null : node;
  }

  public @Nullable String string(String name) throws ApiException {
    JsonNode node = get(name);
    if (node == null) {
      return null;
    }
    if (!node.isTextual()) {
      throw wrong(name, "a string", node);
    }
    return wellFormed(node.textValue());
  }

  public @Nullable Boolean bool(String name) throws ApiException {
    JsonNode node = get(name);
    if (node == null) {
      return null;
    }
    if (!node.isBoolean()) {
      throw wrong(name, "true or false", node);
    }
    return node.booleanValue();
  }

  public boolean flag(String name) throws ApiException {
    Boolean value = bool(name);
    return value != null && value;
  }

  public @Nullable Integer integer(String name, int min, int max) throws ApiException {
    JsonNode node = get(name);
    if (node == null) {
      return null;
    }
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < min
        || node.intValue() > max) {
      throw wrong(name, "an integer from " + min + " to " + max, node);
    }
    return node.intValue();
  }

  @Nullable Long integer64(String name) throws ApiException {
    JsonNode node = get(name);
    if (node == null) {
      return null;
    }
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw wrong(name, "an integer of 64 bits", node);
    }
    return node.longValue();
  }

  @Nullable Float number(String name, double min, double max) throws ApiException {
    JsonNode node = get(name);
    return node == null ? null : number(name, node, min, max);
  }

  float number(String name, JsonNode node, double min, double max) throws ApiException {
    double value = node.isNumber() ? node.doubleValue() : Double.NaN;
    if (!(value >= min && value <= max)) {
      throw wrong(name, "a number from " + plain(min) + " to " + plain(max), node);
    }
    return (float) value;
  }

  /** The sentence for a field of a wrong type or out of its range. */
  public ApiException wrong(String name, String wanted, JsonNode found) {
    String param = at + name;
    return ApiException.invalid(
        param, "'" + param + "' must be " + wanted + ", and is " + shown(found) + ".");
  }

  /** Half a surrogate pair, as cut strings of some clients contain, cannot be written as UTF-8. */
  public static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return replaceSurrogates(text);
      }
    }
    return text;
  }

  private static String replaceSurrogates(String text) {
    StringBuilder mended = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
        .forEach(mended::appendCodePoint);
    return mended.toString();
  }

  private static String shown(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> node.isEmpty() ? "an empty array" : "an array";
      case STRING -> node.textValue().length() > SHOWN_MAX ? "a long string" : node.toString();
      default -> node.toString().length() > SHOWN_MAX ? "a long number" : node.toString();
    };
  }

  private static String plain(double limit) {
    return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
  }
}
