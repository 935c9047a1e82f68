package dev.skein.router.http;

import dev.skein.proto.Wire;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.sessions.Pools;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.IllegalUriException;
import org.jspecify.annotations.Nullable;

/** What stands in a request's query and headers, read with strict types. */
record SessionQuery(HttpRequest request) {

  /** A parameter, or null if it is missing or empty. */
  @Nullable String text(String name) throws ApiException {
    try {
      String value = request.getUri().query().get(name).orElse("");
      return value.isEmpty() ? null : value;
    } catch (IllegalUriException e) {
      throw ApiException.invalid(null, "The query of the URL cannot be read.");
    }
  }

  /** The pools that are meant: the one that is named, or all. */
  Pools pools(Pools all) throws ApiException {
    String pool = text("pool");
    Pools meant = all.named(pool);
    if (meant == null) {
      throw new ApiException(ApiError.poolNotFound(String.valueOf(pool)));
    }
    return meant;
  }

  /** A number in its range, or what is meant where it is missing. */
  int number(String name, int min, int max, int otherwise) throws ApiException {
    String text = text(name);
    if (text == null) {
      return otherwise;
    }
    if (text.matches("[0-9]{1,10}")) {
      long value = Long.parseLong(text);
      if (value >= min && value <= max) {
        return (int) value;
      }
    }
    throw ApiException.invalid(
        name, "'" + name + "' must be an integer from " + min + " to " + max + ".");
  }

  /** The id that makes the request idempotent, or null if the client gave none. */
  @Nullable String idempotencyKey() throws ApiException {
    String key = request.getHeader("Idempotency-Key").map(HttpHeader::value).orElse(null);
    if (key != null
        && (key.isEmpty()
            || key.length() > Wire.REQUEST_ID_BYTES_MAX
            || !key.chars().allMatch(c -> c > ' ' && c <= '~'))) {
      throw ApiException.invalid(
          "Idempotency-Key",
          "'Idempotency-Key' must be 1 to "
              + Wire.REQUEST_ID_BYTES_MAX
              + " visible ASCII characters without blanks.");
    }
    return key;
  }
}
