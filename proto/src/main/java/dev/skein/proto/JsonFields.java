package dev.skein.proto;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object, read by type. A field that is absent or null is absent; one of
 * another type or out of range is refused by a sentence that names it.
 *
 * @param path what stands before a field's name in such a sentence, as in {@code messages[1].}
 */
record JsonFields(ObjectNode object, String path) {

  private static final BigInteger SEED_MIN = BigInteger.ONE.shiftLeft(63).negate();
  private static final BigInteger SEED_MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  @Nullable JsonNode get(String name) {
    JsonNode value = object.get(name);
    return value == null || value.isNull() ? null : value;
  }

  @Nullable String string(String name) throws BadRecordException {
    JsonNode value = get(name);
    return value == null ? null : asString(value, path + name);
  }

  String stringOr(String name, String otherwise) throws BadRecordException {
    String value = string(name);
    return value == null ? otherwise : value;
  }

  boolean flag(String name) throws BadRecordException {
    JsonNode value = get(name);
    if (value == null) {
      return false;
    }
    if (!value.isBoolean()) {
      throw wrong(path + name, "true or false", value);
    }
    return value.booleanValue();
  }

  @Nullable Integer integer(String name, int min, int max) throws BadRecordException {
    JsonNode value = get(name);
    return value == null ? null : asInteger(value, path + name, min, max);
  }

  int integerOr(String name, int min, int max, int otherwise) throws BadRecordException {
    Integer value = integer(name, min, max);
    return value == null ? otherwise : value;
  }

  @Nullable Float real(String name) throws BadRecordException {
    JsonNode value = get(name);
    return value == null ? null : asReal(value, path + name);
  }

  /** A 64-bit number; negative ones are taken as their two's complement. */
  @Nullable Long bits64(String name) throws BadRecordException {
    JsonNode value = get(name);
    if (value == null) {
      return null;
    }
    if (!value.isIntegralNumber()
        || value.bigIntegerValue().compareTo(SEED_MIN) < 0
        || value.bigIntegerValue().compareTo(SEED_MAX) > 0) {
      throw wrong(path + name, "an integer of at most 64 bits", value);
    }
    return value.bigIntegerValue().longValue();
  }

  @Nullable ArrayNode list(String name) throws BadRecordException {
    JsonNode value = get(name);
    if (value == null || value instanceof ArrayNode) {
      return (ArrayNode) value;
    }
    throw wrong(path + name, "a list", value);
  }

  @Nullable JsonFields child(String name) throws BadRecordException {
    JsonNode value = get(name);
    return value == null ? null : of(value, path + name);
  }

  static JsonFields of(JsonNode value, String name) throws BadRecordException {
    if (value instanceof ObjectNode object) {
      return new JsonFields(object, name + ".");
    }
    throw wrong(name, "an object", value);
  }

  static String asString(JsonNode value, String name) throws BadRecordException {
    if (!value.isTextual()) {
      throw wrong(name, "a string", value);
    }
    return whole(value.textValue());
  }

  static int asInteger(JsonNode value, String name, int min, int max) throws BadRecordException {
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < min
        || value.intValue() > max) {
      throw wrong(name, "an integer from " + min + " to " + max, value);
    }
    return value.intValue();
  }

  static float asReal(JsonNode value, String name) throws BadRecordException {
    if (!value.isNumber()) {
      throw wrong(name, "a number", value);
    }
    // By way of the shortest decimal, so that a float that was printed is read back as the same
    // float.
    float real = Float.parseFloat(Double.toString(value.doubleValue()));
    if (!Float.isFinite(real)) {
      throw wrong(name, "a finite number", value);
    }
    return real;
  }

  static BadRecordException wrong(String name, String expected, JsonNode value) {
    return new BadRecordException(
        BadRecordException.INVALID_REQUEST,
        name,
        "Field " + name + " must be " + expected + ", not " + Json.shown(value) + ".");
  }

  /** Half a surrogate pair is no character and has no UTF-8 form. */
  private static String whole(String text) {
    if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      return text;
    }
    StringBuilder mended = new StringBuilder(text.length());
    text.codePoints().forEach(c -> mended.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c));
    return mended.toString();
  }
}
