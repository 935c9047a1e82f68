package dev.skein.router.http;

import dev.skein.router.openai.ApiError;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/**
 * What is so malformed that it is no request gets an answer in the API's shape all the same. Made
 * by Pekko, which knows it by its name.
 */
public final class MalformedRequests extends ParsingErrorHandler {
  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo fault, LoggingAdapter log, ServerSettings settings) {
    String code =
        switch (status.intValue()) {
          case 413 -> "request_too_large";
          case 414 -> "url_too_long";
          case 431 -> "headers_too_large";
          default -> "malformed_request";
        };
    String summary = fault.summary().strip();
    return Responses.error(
        ApiError.refused(
            status.intValue(), code, null, summary.endsWith(".") ? summary : summary + "."));
  }
}
