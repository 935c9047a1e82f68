package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.Turn;
import dev.skein.router.http.ModelChoice.Wish;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.CallHeaders;
import dev.skein.router.openai.CallParser;
import dev.skein.router.openai.responses.ResponseCall;
import dev.skein.router.openai.responses.ResponseId;
import dev.skein.router.openai.responses.ResponseWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/responses}: a turn of a session, which any router tells again later. */
final class ResponsesRoute {
  private final ModelChoice models;
  private final Turns turns;
  private final ResponseDelivery delivery;
  private final RetryMemory retries;
  private final InstantSource clock;
  private final CallParser parser;

  ResponsesRoute(
      RouterLimits limits,
      ModelChoice models,
      Turns turns,
      ResponseDelivery delivery,
      RetryMemory retries,
      InstantSource clock) {
    this.retries = retries;
    this.models = models;
    this.turns = turns;
    this.delivery = delivery;
    this.clock = clock;
    this.parser = new CallParser(limits.maxTokens());
  }

  CompletionStage<HttpResponse> create(byte[] body, CallHeaders headers, Connection connection)
      throws ApiException {
    ResponseCall call = ResponseCall.parse(parser, body, headers);
    Wish wish = new Wish(call.model(), call.request().getSession(), call.pool());
    return models
        .of(wish, connection.caller())
        .thenCompose(model -> Step.taken(() -> create(call, model, body, headers, connection)));
  }

  private CompletionStage<HttpResponse> create(
      ResponseCall call, ModelCard model, byte[] body, CallHeaders headers, Connection connection)
      throws ApiException {
    Request.Builder request =
        call.request().toBuilder()
            .setBackground(call.background())
            .setNote(call.note(model.getName(), model.getThinks()).text());
    boolean isNamed = !request.getRequestId().isEmpty();
    RetryMemory.Sent sent =
        isNamed || headers.retryCount() == null
            ? null
            : retries.sent(connection.caller(), body, headers, turns.newId());
    if (sent != null) {
      request.setRequestId(sent.id());
    }
    if (call.begins()) {
      // Sent again under its name, a request belongs to the session that it began.
      String id = request.getRequestId().isEmpty() ? turns.newId() : request.getRequestId();
      request.setSession(KeptResponses.SESSION + id).setEphemeral(false);
    }
    return answer(call, turn(call, request.build(), model, sent), models.mark(model), connection)
        .thenApply(response -> {
          int status = response.status().intValue();
          if (sent != null && status >= 400 && status != 429) {
            retries.forget(connection.caller(), body, headers);
          }
          return response;
        });
  }

  private Turn turn(
      ResponseCall call, Request request, ModelCard model, RetryMemory.@Nullable Sent sent)
      throws ApiException {
    Turn turn = turns.together(List.of(request), model, null, call.cacheKey()).getFirst();
    if (sent == null) {
      return turn;
    }
    Duration age = sent.age();
    Turn counted = turns.counted(turn);
    return age == null || model.getShards() == 0 ? counted : counted.again(age);
  }

  private CompletionStage<HttpResponse> answer(
      ResponseCall call, Turn turn, String mark, Connection connection) {
    long created = clock.instant().getEpochSecond();
    ResponseWriter writer =
        new ResponseWriter(new ResponseId(created, turn.session(), turn.requestId(), mark));
    if (call.stream()) {
      return delivery.streamed(turn, writer, -1, connection, event -> null);
    }
    return call.background()
        ? delivery.queued(turn, writer, connection)
        : delivery.whole(turn, writer, connection);
  }
}
