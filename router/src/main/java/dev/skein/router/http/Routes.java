package dev.skein.router.http;

import dev.skein.router.RouterLimits;
import dev.skein.router.admission.AdmissionControl;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.CallHeaders;
import dev.skein.router.openai.Dialect;
import dev.skein.router.sessions.SessionLog.UnavailableException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The paths of the API. Every request gets an answer, errors in the API's shape included, and is
 * counted by route and status.
 */
final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger(Routes.class);

  private static final String ABOUT =
      """
      Skein serves RWKV language models from a message bus. This is its OpenAI-compatible API:
        POST /v1/chat/completions
        POST /v1/completions
        POST /v1/embeddings
        POST /v1/responses, /v1/responses/input_tokens
        GET, DELETE /v1/responses/{id}
        GET  /v1/responses/{id}/input_items
        POST /v1/responses/{id}/cancel
        GET  /v1/models
        GET  /v1/models/{id}
        GET  /v1/sessions
        GET, DELETE /v1/sessions/{id}
        GET  /v1/sessions/{id}/transcript, /v1/sessions/{id}/export
        POST /v1/sessions/{id}/fork, /v1/sessions/{id}/rewind, /v1/sessions/import
        GET  /openapi.json
      Add "session": "<any name>" to a request, and the next one of that session needs to send only what is new.
      """;

  private final ActorSystem<?> system;
  private final CompletionRoute completions;
  private final EmbeddingsRoute embeddings;
  private final ResponsesRoute responses;
  private final InputTokensRoute inputTokens;
  private final KeptResponses kept;
  private final ModelsRoute models;
  private final SessionsRoute sessions;
  private final AdmissionControl admission;
  private final MeterRegistry metrics;
  private final long bodyBytesMax;
  private final long bodyMsMax;

  /**
   * @param limits of which that of a record says what a body may have: twice as much, because JSON
   *     escapes grow it
   */
  Routes(
      ActorSystem<?> system,
      CompletionRoute completions,
      EmbeddingsRoute embeddings,
      ResponsesRoute responses,
      InputTokensRoute inputTokens,
      KeptResponses kept,
      ModelsRoute models,
      SessionsRoute sessions,
      AdmissionControl admission,
      MeterRegistry metrics,
      RouterLimits limits) {
    this.system = system;
    this.completions = completions;
    this.embeddings = embeddings;
    this.responses = responses;
    this.inputTokens = inputTokens;
    this.kept = kept;
    this.models = models;
    this.sessions = sessions;
    this.admission = admission;
    this.metrics = metrics;
    this.bodyBytesMax = 2L * limits.recordBytes();
    this.bodyMsMax = limits.patience().requestBody().toMillis();
  }

  CompletionStage<HttpResponse> answer(HttpRequest request, Connection connection) {
    String path = request.getUri().path();
    Route route = Route.of(path, request.method().name());
    return admitted(route, path, request, connection)
        .exceptionally(Routes::failed)
        .thenApply(response -> {
          count(route, response);
          return response;
        });
  }

  private CompletionStage<HttpResponse> admitted(
      Route route, String path, HttpRequest request, Connection connection) {
    try {
      boolean reads = request.method().isSafe();
      connection.calls(admission.caller(header(request, "Authorization"), reads));
    } catch (ApiException e) {
      return plain(request, Responses.error(e.error()));
    }
    return dispatch(route, path, request, connection);
  }

  private CompletionStage<HttpResponse> dispatch(
      Route route, String path, HttpRequest request, Connection connection) {
    if (route.method != null && !request.method().name().equals(route.method)) {
      return plain(
          request,
          Responses.error(
                  ApiError.refused(
                      405,
                      "method_not_allowed",
                      null,
                      request.method().name()
                          + " is not for "
                          + path
                          + ", use "
                          + route.method
                          + "."))
              .addHeader(RawHeader.create("Allow", route.method)));
    }
    return switch (route) {
      case CHAT -> completion(Dialect.CHAT, request, connection);
      case TEXT -> completion(Dialect.TEXT, request, connection);
      case EMBEDDINGS ->
          body(request, (body, headers) -> embeddings.answer(body, headers, connection));
      case RESPONSES ->
          body(request, (body, headers) -> responses.create(body, headers, connection));
      case INPUT_TOKENS ->
          body(request, (body, headers) -> inputTokens.answer(body, headers, connection));
      case RESPONSE -> kept.answer(request, connection);
      case MODELS -> plain(request, models.list());
      case MODEL -> plain(request, models.show(path.substring(Route.MODEL.path.length())));
      case SESSIONS -> sessions.answer(request, connection);
      case OPENAPI -> plain(request, OpenApi.document());
      case ROOT -> plain(request, Responses.text(ABOUT));
      case UNKNOWN ->
          plain(
              request,
              Responses.error(
                  ApiError.refused(
                      404, "unknown_url", null, "There is nothing at " + shortened(path) + ".")));
    };
  }

  private CompletionStage<HttpResponse> plain(HttpRequest request, HttpResponse response) {
    return UnwantedBody.readBefore(done(response), request, system);
  }

  /** Answers a call whose body has arrived whole. */
  private interface Call {
    CompletionStage<HttpResponse> answer(byte[] body, CallHeaders headers) throws ApiException;
  }

  private CompletionStage<HttpResponse> completion(
      Dialect dialect, HttpRequest request, Connection connection) {
    return body(request, (body, headers) -> completions.answer(dialect, body, headers, connection));
  }

  private CompletionStage<HttpResponse> body(HttpRequest request, Call call) {
    if (!request.entity().getContentType().mediaType().toString().equals("application/json")) {
      return plain(
          request,
          Responses.error(
              ApiError.refused(
                  415,
                  "unsupported_media_type",
                  null,
                  "The body must be JSON, under the header 'Content-Type: application/json'.")));
    }
    if (request.entity().getContentLengthOption().orElse(0) > bodyBytesMax) {
      return plain(request, Responses.error(ApiError.tooLarge((int) (bodyBytesMax / 2))));
    }
    CallHeaders headers =
        new CallHeaders(
            header(request, "Skein-Session"),
            header(request, "Idempotency-Key"),
            header(request, "Last-Event-ID"),
            header(request, "X-Stainless-Retry-Count"));
    return request
        .entity()
        .withSizeLimit(bodyBytesMax)
        .toStrict(bodyMsMax, system)
        .thenCompose(body -> {
          try {
            return call.answer(body.getData().toArrayUnsafe(), headers);
          } catch (ApiException e) {
            return done(Responses.error(e.error()));
          }
        });
  }

  private static @Nullable String header(HttpRequest request, String name) {
    Optional<HttpHeader> header = request.getHeader(name);
    return header.map(HttpHeader::value).orElse(null);
  }

  private static HttpResponse failed(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ApiException refused) {
      return Responses.error(refused.error());
    }
    if (cause instanceof UnavailableException late) {
      return Responses.error(
          ApiError.unavailable("The sessions cannot be read just now: " + late.getMessage() + "."));
    }
    if (cause instanceof EntityStreamSizeException tooLarge) {
      return Responses.error(ApiError.tooLarge((int) (tooLarge.limit() / 2)));
    }
    if (cause instanceof EntityStreamException) {
      return Responses.error(ApiError.invalid(null, null, "The body broke off."));
    }
    if (cause instanceof TimeoutException) {
      return Responses.error(
          ApiError.refused(408, "request_timeout", null, "The body did not arrive in time."));
    }
    LOG.error("A request failed", cause);
    return Responses.error(ApiError.internal());
  }

  private void count(Route route, HttpResponse response) {
    Counter.builder("skein.http.requests")
        .description("HTTP requests answered, by route and status")
        .tag("route", route.path)
        .tag("status", Integer.toString(response.status().intValue()))
        .register(metrics)
        .increment();
  }

  /** Everything that is served, as the API's document names it: {@code GET /v1/models}. */
  static List<String> operations() {
    List<String> operations = new ArrayList<>();
    for (Route route : Route.values()) {
      if (route.method != null) {
        operations.add(route.method + " " + route.path + (route == Route.MODEL ? "{id}" : ""));
      }
    }
    for (ResponsePath.Operation operation : ResponsePath.Operation.values()) {
      operations.add(operation.method() + " " + operation.template());
    }
    for (SessionPath.Operation operation : SessionPath.Operation.values()) {
      operations.add(operation.method() + " " + operation.template());
    }
    return operations;
  }

  private static String shortened(String path) {
    return path.length() > 100 ? path.substring(0, 100) + "…" : path;
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedStage(response);
  }

  private enum Route {
    CHAT("/v1/chat/completions", HttpMethods.POST.name()),
    TEXT("/v1/completions", HttpMethods.POST.name()),
    EMBEDDINGS("/v1/embeddings", HttpMethods.POST.name()),
    RESPONSES("/v1/responses", HttpMethods.POST.name()),
    INPUT_TOKENS("/v1/responses/input_tokens", HttpMethods.POST.name()),
    RESPONSE("/v1/responses/", null),
    MODELS("/v1/models", HttpMethods.GET.name()),
    MODEL("/v1/models/", HttpMethods.GET.name()),
    SESSIONS("/v1/sessions", null),
    OPENAPI("/openapi.json", HttpMethods.GET.name()),
    ROOT("/", HttpMethods.GET.name()),
    UNKNOWN("unknown", null);

    private final String path;
    private final @Nullable String method;

    Route(String path, @Nullable String method) {
      this.path = path;
      this.method = method;
    }

    static Route of(String path, String method) {
      if (path.equals(INPUT_TOKENS.path) && !method.equals(INPUT_TOKENS.method)) {
        return RESPONSE;
      }
      for (Route route : values()) {
        if (path.equals(route.path) && route != MODEL && route != RESPONSE && route != UNKNOWN) {
          return route;
        }
      }
      if (path.startsWith(SESSIONS.path + "/")) {
        return SESSIONS;
      }
      for (Route route : new Route[] {MODEL, RESPONSE}) {
        if (path.startsWith(route.path) && path.length() > route.path.length()) {
          return route;
        }
      }
      return UNKNOWN;
    }
  }
}
