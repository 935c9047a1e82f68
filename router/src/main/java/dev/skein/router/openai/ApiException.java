package dev.skein.router.openai;

import org.jspecify.annotations.Nullable;

/** A request that is refused, with the error body that its client gets. */
public final class ApiException extends Exception {
  private final ApiError error;

  public ApiException(ApiError error) {
    super(error.message(), null, false, false);
    this.error = error;
  }

  public ApiError error() {
    return error;
  }

  /** A 400 that names the field at fault. */
  public static ApiException invalid(@Nullable String param, String message) {
    return new ApiException(ApiError.invalid(null, param, message));
  }
}
