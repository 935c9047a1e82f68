package dev.skein.proto;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;

/**
 * The two forms of a {@link TokenEvent}. The JSON form is one flat object on one line: {@code
 * session, turn, choice, index, epoch, request_id}, then {@code started, attempt, model,
 * prompt_tokens, request_offset} or {@code token, text} and, where asked for, {@code logprob,
 * top_logprobs}, or {@code done, finish_reason} and {@code usage}. Zero values are printed; what is
 * printed only where it says something is {@code text}, {@code error} and {@code repeat_of} and
 * {@code request_offset} of an end and {@code cached_tokens} of its usage.
 */
public final class TokenEventCodec {

  private TokenEventCodec() {}

  /** An event as a record's value. */
  public static byte[] encode(TokenEvent event, boolean json) {
    return json ? toJson(event).getBytes(StandardCharsets.UTF_8) : event.toByteArray();
  }

  /** The JSON form, without a line end. */
  public static String toJson(TokenEvent event) {
    return JsonTokenEvent.write(event);
  }

  /** Reads either form. */
  public static TokenEvent decode(byte[] value) throws BadRecordException {
    if (isJson(value)) {
      return JsonTokenEvent.read(Json.parse(value));
    }
    try {
      return TokenEvent.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      BadRecordException unreadable =
          new BadRecordException(
              BadRecordException.UNREADABLE,
              "The value is neither a JSON object nor a TokenEvent.");
      unreadable.initCause(e);
      throw unreadable;
    }
  }

  /**
   * Whether a value is in the JSON form. Skein writes it without a blank before the brace, so that
   * no value of the other form can be taken for it.
   */
  public static boolean isJson(byte[] value) {
    return value.length > 0 && value[0] == '{';
  }
}
