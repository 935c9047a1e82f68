package dev.skein.proto;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The two forms of a {@link Request}. Both are read under the same rules: unknown fields are
 * tolerated (and kept, in the Protocol Buffers form), wrong types and values are refused by a
 * sentence that names the field. The JSON form is that of the OpenAI API where that has a field
 * ({@code prompt}, {@code messages} with texts or text parts, {@code max_tokens}, {@code stop},
 * {@code n}, {@code seed}, {@code logprobs}, the sampling parameters), and the schema's names
 * beyond it.
 */
public final class RequestCodec {

  private RequestCodec() {}

  /**
   * Reads a record of topic {@code requests} in either form and checks every field.
   *
   * @param contentType the record's header {@link Wire#CONTENT_TYPE}, null if it has none: then a
   *     value whose first byte that is not blank is an opening brace is JSON
   * @throws BadRecordException with the record's own session and request id, as far as they could
   *     be read
   */
  public static DecodedRequest decode(byte[] value, @Nullable String contentType)
      throws BadRecordException {
    if (value.length > Wire.REQUEST_BYTES_MAX) {
      throw new BadRecordException(
          BadRecordException.TOO_LARGE,
          "A request has at most "
              + Wire.REQUEST_BYTES_MAX
              + " bytes; this one has "
              + value.length
              + ".");
    }
    String type = contentType == null ? "" : contentType.strip().toLowerCase(Locale.ROOT);
    if (type.startsWith(Wire.JSON)) {
      return new DecodedRequest(fromJson(value), true);
    }
    if (type.startsWith(Wire.PROTOBUF)) {
      return new DecodedRequest(fromProtobuf(value), false);
    }
    return recognised(value);
  }

  private static DecodedRequest recognised(byte[] value) throws BadRecordException {
    if (!Json.looksLike(value)) {
      return new DecodedRequest(fromProtobuf(value), false);
    }
    ObjectNode object;
    try {
      object = Json.parse(value);
    } catch (BadRecordException notJson) {
      // Protocol Buffers may begin with a line feed, the tag of field 1, and a brace may follow as
      // its length.
      Request request = value[0] == '\n' ? protobufOrNull(value) : null;
      if (request == null) {
        throw notJson.in(true, "", "");
      }
      return new DecodedRequest(fromMessage(request), false);
    }
    return new DecodedRequest(fromObject(object), true);
  }

  /** The Protocol Buffers form. */
  public static byte[] toBytes(Request request) {
    return request.toByteArray();
  }

  /**
   * Holds a request that was built here to the rules of one that was read; {@code developer}
   * messages become {@code system} ones.
   */
  public static Request checked(Request request) throws BadRecordException {
    return RequestRules.checked(request);
  }

  /** Reads and checks the JSON form. */
  public static Request fromJson(byte[] json) throws BadRecordException {
    ObjectNode object;
    try {
      object = Json.parse(json);
    } catch (BadRecordException e) {
      throw e.in(true, "", "");
    }
    return fromObject(object);
  }

  /** The JSON form, on one line: what {@link #fromJson} reads back as an equal request. */
  public static String toJson(Request request) {
    return JsonRequestWriter.write(request);
  }

  private static Request fromObject(ObjectNode object) throws BadRecordException {
    try {
      return RequestRules.checked(JsonRequestReader.read(object));
    } catch (BadRecordException e) {
      throw e.in(true, text(object.get("session")), text(object.get("request_id")));
    }
  }

  private static Request fromProtobuf(byte[] value) throws BadRecordException {
    Request request = protobufOrNull(value);
    if (request == null) {
      throw new BadRecordException(
          BadRecordException.UNREADABLE, "The value is neither a JSON object nor a Request.");
    }
    return fromMessage(request);
  }

  private static Request fromMessage(Request request) throws BadRecordException {
    try {
      return RequestRules.checked(request);
    } catch (BadRecordException e) {
      throw e.in(false, request.getSession(), request.getRequestId());
    }
  }

  private static @Nullable Request protobufOrNull(byte[] value) {
    try {
      return Request.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  private static String text(@Nullable JsonNode node) {
    return node != null && node.isTextual() ? node.textValue() : "";
  }
}
