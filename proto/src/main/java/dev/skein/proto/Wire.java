package dev.skein.proto;

/** Names of record headers, reserved keys, and the limits of what travels. */
public final class Wire {

  /**
   * Header: the form of a record's value, {@link #JSON} or {@link #PROTOBUF}; absent: recognised
   * from the value.
   */
  public static final String CONTENT_TYPE = "content-type";

  /** Header of a request: serialised reference of the router's actor that waits for its events. */
  public static final String PUSH = "skein-push";

  /** Header of a forwarded record: where it lay first, {@code partition/offset}. */
  public static final String ORIGIN = "skein-origin";

  /** Header of a dead letter: the error code. */
  public static final String REASON_CODE = "skein-reason-code";

  /** Header of a dead letter: a sentence. */
  public static final String REASON = "skein-reason";

  /** Content type of the JSON form. */
  public static final String JSON = "application/json";

  /** Content type of the Protocol Buffers form. */
  public static final String PROTOBUF = "application/x-protobuf";

  /** Key of the shard record in {@code manifests}. No session may have this name. */
  public static final String SHARD_KEY = "#shard";

  /** Bytes of a request's value. */
  public static final int REQUEST_BYTES_MAX = 900 * 1024;

  /** Bytes of a session id in UTF-8. */
  public static final int SESSION_BYTES_MAX = 512;

  /** Bytes of a request id in UTF-8. */
  public static final int REQUEST_ID_BYTES_MAX = 256;

  private Wire() {}
}
