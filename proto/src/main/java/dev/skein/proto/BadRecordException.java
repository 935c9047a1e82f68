package dev.skein.proto;

import org.jspecify.annotations.Nullable;

/**
 * A record that cannot be used. The message is a sentence for its sender and names the field at
 * fault. Such a record never stops a shard: it becomes a dead letter, and an end event if {@link
 * #session()} or the record's key is known.
 */
public final class BadRecordException extends Exception {

  private static final long serialVersionUID = 1L;

  /** A field is missing, or has a wrong type or value. */
  public static final String INVALID_REQUEST = "invalid_request";

  /** The value is neither JSON nor the expected message. */
  public static final String UNREADABLE = "unreadable_record";

  /** The value is longer than {@link Wire#REQUEST_BYTES_MAX}. */
  public static final String TOO_LARGE = "request_too_large";

  /** Asks for something that would change the answer and that is not supported. */
  public static final String UNSUPPORTED = "unsupported_parameter";

  private final String code;
  private final @Nullable String field;
  private final boolean json;
  private final String session;
  private final String requestId;

  /** A fault of the record as a whole. */
  public BadRecordException(String code, String message) {
    this(code, null, message);
  }

  /** A fault of one field. */
  public BadRecordException(String code, @Nullable String field, String message) {
    this(code, field, message, false, "", "");
  }

  private BadRecordException(
      String code,
      @Nullable String field,
      String message,
      boolean json,
      String session,
      String requestId) {
    super(message);
    this.code = code;
    this.field = field;
    this.json = json;
    this.session = session;
    this.requestId = requestId;
  }

  /** One of the constants of this class. */
  public String code() {
    return code;
  }

  /** The field at fault, as in {@code messages[1].content}; null if it is the whole record. */
  public @Nullable String field() {
    return field;
  }

  /** Whether the record was JSON, so that its end event should be. */
  public boolean json() {
    return json;
  }

  /** The record's own {@code session} field as far as it could be read, else empty. */
  public String session() {
    return session;
  }

  /** The record's own {@code request_id} field as far as it could be read, else empty. */
  public String requestId() {
    return requestId;
  }

  BadRecordException in(boolean json, String session, String requestId) {
    BadRecordException known =
        new BadRecordException(code, field, message(), json, session, requestId);
    known.initCause(this);
    return known;
  }

  private String message() {
    String message = getMessage();
    return message == null ? code : message;
  }
}
