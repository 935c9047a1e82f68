package dev.skein.cli.web;

import java.net.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * The key that a router asks for, if it asks for any: from the environment, because what stands on
 * a command line is seen by everybody on the machine.
 *
 * @param text null for none
 */
public record ApiKey(@Nullable String text) {
  /** Name of the variable. */
  public static final String VARIABLE = "SKEIN_API_KEY";

  /** What the environment says. */
  public static ApiKey ofEnvironment() {
    String text = System.getenv(VARIABLE);
    return new ApiKey(text == null || text.isBlank() ? null : text.strip());
  }

  /** Shows the key with a request. */
  public HttpRequest.Builder on(HttpRequest.Builder request) {
    String key = text;
    return key == null ? request : request.header("Authorization", "Bearer " + key);
  }
}
