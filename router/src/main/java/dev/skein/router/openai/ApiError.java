package dev.skein.router.openai;

import static dev.skein.router.delivery.FailureCodes.INTERRUPTED;
import static dev.skein.router.delivery.FailureCodes.IN_PROGRESS;
import static dev.skein.router.delivery.FailureCodes.QUARANTINED;
import static dev.skein.router.delivery.FailureCodes.REPEATED;
import static dev.skein.router.delivery.FailureCodes.SESSION_BUSY;
import static dev.skein.router.delivery.FailureCodes.TOO_LARGE;
import static dev.skein.router.delivery.FailureCodes.TOO_MANY;
import static dev.skein.router.delivery.FailureCodes.UNAVAILABLE;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.BadRecordException;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import org.jspecify.annotations.Nullable;

/**
 * An error in the shape of the OpenAI API. Published clients repeat what was answered 408, 409, 429
 * and 5xx by themselves: 409 is therefore never used, and what must not be repeated says so.
 *
 * @param status of HTTP
 * @param retryAfterSeconds when to try again; null where trying again is of no use
 */
public record ApiError(
    int status,
    String type,
    @Nullable String code,
    @Nullable String param,
    String message,
    @Nullable Integer retryAfterSeconds) {

  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";
  private static final String RATE = "rate_limit_error";

  public static ApiError invalid(@Nullable String code, @Nullable String param, String message) {
    return new ApiError(400, INVALID, code, param, message, null);
  }

  public static ApiError refused(int status, String code, @Nullable String param, String message) {
    return new ApiError(status, INVALID, code, param, message, null);
  }

  /** 401: no key, or one that nobody knows. */
  public static ApiError unauthorized(String message) {
    return new ApiError(401, "authentication_error", "invalid_api_key", null, message, null);
  }

  /** 403: a known key that does not allow this. */
  public static ApiError forbidden(String message) {
    return new ApiError(403, "permission_error", "not_allowed", null, message, null);
  }

  public static ApiError modelNotFound(String model) {
    return refused(
        404, "model_not_found", "model", "The model '" + model + "' does not exist here.");
  }

  public static ApiError poolNotFound(String pool) {
    return refused(404, "pool_not_found", "pool", "The pool '" + pool + "' is not served here.");
  }

  public static ApiError sessionNotFound(String session) {
    return refused(404, "session_not_found", "id", "There is no session '" + session + "'.");
  }

  /** 429: the same can be asked for again soon. */
  public static ApiError busy(String code, String message) {
    return new ApiError(429, RATE, code, null, message, 1);
  }

  public static ApiError tooLarge(int limitBytes) {
    return refused(
        413,
        TOO_LARGE,
        null,
        "The request is larger than " + limitBytes / 1024 + " KB, which is the limit.");
  }

  public static ApiError unavailable(String message) {
    return new ApiError(503, SERVER, UNAVAILABLE, null, message, 2);
  }

  public static ApiError internal() {
    return new ApiError(500, SERVER, "internal_error", null, "The router failed.", null);
  }

  /** What a failed turn is to its client. */
  public static ApiError of(StreamFailure failure) {
    String message = sentence(failure.message());
    String code = failure.code();
    Integer retryAfter = failure.retryAfterSeconds();
    if (retryAfter != null) {
      return new ApiError(429, RATE, code, null, message, retryAfter);
    }
    return switch (code) {
      case UNAVAILABLE -> unavailable(message);
      case "fork_expired", "model_changed" -> new ApiError(503, SERVER, code, null, message, 2);
      case SESSION_BUSY, TOO_MANY, IN_PROGRESS, "too_many_forks" ->
          new ApiError(429, RATE, code, null, message, 1);
      case TOO_LARGE -> refused(413, code, null, message);
      case "model_not_found", "session_not_found" -> refused(404, code, null, message);
      case "fingerprint_mismatch" -> refused(422, code, null, message);
      case REPEATED,
          BadRecordException.INVALID_REQUEST,
          BadRecordException.UNREADABLE,
          BadRecordException.UNSUPPORTED,
          "unsupported",
          "empty_prompt",
          "turn_mismatch",
          "session_diverged",
          "session_exists",
          "turn_not_found",
          "import_failed",
          "start_state_not_found",
          "start_state_mismatch",
          "start_state_changed" ->
          invalid(code, null, message);
      case QUARANTINED, INTERRUPTED -> new ApiError(500, SERVER, code, null, message, null);
      default -> new ApiError(500, SERVER, code, null, message, null);
    };
  }

  /** Whether a client that repeats the request by itself would do harm or waste its time. */
  public boolean neverRetry() {
    return retryAfterSeconds == null && status != 408;
  }

  /** {@code {"error":{"message":…,"type":…,"param":…,"code":…}}}. */
  public ObjectNode toJson() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("error")
        .put("message", message)
        .put("type", type)
        .put("param", param)
        .put("code", code);
    return body;
  }

  private static String sentence(String message) {
    if (message.isEmpty()) {
      return message;
    }
    String capital = Character.toUpperCase(message.charAt(0)) + message.substring(1);
    return message.endsWith(".") ? capital : capital + ".";
  }
}
