package dev.skein.router.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.Json;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** The forms that an HTTP answer takes here. */
final class Responses {
  private Responses() {}

  static HttpResponse json(int status, ObjectNode body) {
    return HttpResponse.create()
        .withStatus(StatusCodes.get(status))
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, Json.text(body)));
  }

  static HttpResponse error(ApiError error) {
    HttpResponse response = json(error.status(), error.toJson());
    Integer retryAfter = error.retryAfterSeconds();
    if (retryAfter != null) {
      response = response.addHeader(RawHeader.create("Retry-After", retryAfter.toString()));
    }
    if (error.status() == 401) {
      response = response.addHeader(RawHeader.create("WWW-Authenticate", "Bearer"));
    }
    return error.neverRetry()
        ? response.addHeader(RawHeader.create("x-should-retry", "false"))
        : response;
  }

  /**
   * The refusal of a request for which nothing is there.
   *
   * @param below what it was looked for below
   * @param methods what can be asked for at its path; none: there is no such path
   */
  static HttpResponse nothingThere(HttpRequest request, String below, List<String> methods) {
    if (methods.isEmpty()) {
      return error(
          ApiError.refused(
              404, "unknown_url", null, "There is no such thing below " + below + "."));
    }
    String allowed = methods.stream().distinct().collect(Collectors.joining(", "));
    return error(
            ApiError.refused(
                405,
                "method_not_allowed",
                null,
                request.method().name() + " is not for this path, use " + allowed + "."))
        .addHeader(RawHeader.create("Allow", allowed));
  }

  static HttpResponse text(String text) {
    return HttpResponse.create()
        .withEntity(HttpEntities.create(ContentTypes.TEXT_PLAIN_UTF8, text));
  }

  /** Bytes to be kept under a name. */
  static HttpResponse file(byte[] bytes, String name) {
    return HttpResponse.create()
        .addHeader(RawHeader.create("Content-Disposition", "attachment; filename=\"" + name + "\""))
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_OCTET_STREAM, bytes));
  }

  /** Server-sent events, never cached and never held back by a proxy. */
  static HttpResponse events(Source<ByteString, NotUsed> events) {
    return HttpResponse.create()
        .addHeader(RawHeader.create("Cache-Control", "no-cache"))
        .addHeader(RawHeader.create("X-Accel-Buffering", "no"))
        .withEntity(
            HttpEntities.createChunked(MediaTypes.TEXT_EVENT_STREAM.toContentType(), events));
  }
}
