package dev.skein.proto;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/** JSON with limits: what a record's value may be, and how it is recognised. */
final class Json {

  private static final int DEPTH_MAX = 32;
  private static final int DIGITS_MAX = 64;
  private static final int NAME_CHARS_MAX = 256;
  private static final int TOKENS_MAX = 1_000_000;

  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH_MAX)
                          .maxNumberLength(DIGITS_MAX)
                          .maxNameLength(NAME_CHARS_MAX)
                          .maxStringLength(2 * Wire.REQUEST_BYTES_MAX)
                          .maxDocumentLength(2L * Wire.REQUEST_BYTES_MAX)
                          .maxTokenCount(TOKENS_MAX)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private Json() {}

  /** Whether the first byte that is not blank is an opening brace. */
  static boolean looksLike(byte[] value) {
    for (byte b : value) {
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return b == '{';
      }
    }
    return false;
  }

  /** Reads one JSON object, and nothing beside it. */
  static ObjectNode parse(byte[] value) throws BadRecordException {
    JsonNode node;
    try {
      node = MAPPER.readTree(value);
    } catch (JsonProcessingException e) {
      throw new BadRecordException(
          BadRecordException.UNREADABLE, "The JSON cannot be read: " + JsonFault.of(e) + ".");
    } catch (IOException e) {
      throw new BadRecordException(BadRecordException.UNREADABLE, "The JSON is not text in UTF-8.");
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new BadRecordException(
        BadRecordException.UNREADABLE, "The JSON is not an object in braces.");
  }

  /** A value as it may stand in a sentence. */
  static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }
}
