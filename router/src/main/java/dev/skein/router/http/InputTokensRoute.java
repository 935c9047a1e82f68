package dev.skein.router.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.skein.proto.ModelCard;
import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.Begun;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.http.ModelChoice.Wish;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.CallHeaders;
import dev.skein.router.openai.CallParser;
import dev.skein.router.openai.Unsupported;
import dev.skein.router.openai.responses.ResponseCall;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/responses/input_tokens}: what a response would read. Only the worker has the
 * model's tokenizer and template, so the turn itself is asked for, of no session, and is ended as
 * soon as it has told how long its prompt is.
 */
final class InputTokensRoute {
  /** A turn with a note tells of its beginning. */
  private static final String NOTE = "count";

  private final ActorSystem<?> system;
  private final ModelChoice models;
  private final Turns turns;
  private final Deliveries deliveries;
  private final CallParser parser;

  InputTokensRoute(
      ActorSystem<?> system,
      RouterLimits limits,
      ModelChoice models,
      Turns turns,
      Deliveries deliveries) {
    this.system = system;
    this.models = models;
    this.turns = turns;
    this.deliveries = deliveries;
    this.parser = new CallParser(limits.maxTokens());
  }

  CompletionStage<HttpResponse> answer(byte[] body, CallHeaders headers, Connection connection)
      throws ApiException {
    ResponseCall call = ResponseCall.parse(parser, body, headers);
    if (!call.request().getSession().isEmpty()) {
      throw Unsupported.refusal(
          call.request().getExpectRequest().isEmpty() ? "session" : "previous_response_id");
    }
    return models
        .of(new Wish(call.model(), "", ""), connection.caller())
        .thenCompose(model -> Step.taken(() -> count(call, model, connection)));
  }

  private CompletionStage<HttpResponse> count(
      ResponseCall call, ModelCard model, Connection connection) throws ApiException {
    Request counted =
        call.request().toBuilder().clearRequestId().setEphemeral(true).setNote(NOTE).build();
    Turn turn = turns.together(List.of(counted), model, null, call.cacheKey()).getFirst();
    Pair<Delivery, CompletionStage<Optional<StreamEvent>>> run =
        deliveries
            .deliver(turn, connection.caller())
            .toMat(Sink.headOption(), Keep.both())
            .run(system);
    connection.answering(run.first());
    return run.second().thenApply(first -> answer(first.orElse(null)));
  }

  private static HttpResponse answer(@Nullable StreamEvent first) {
    return switch (first) {
      case Begun begun ->
          Responses.json(
              200,
              JsonNodeFactory.instance
                  .objectNode()
                  .put("object", "response.input_tokens")
                  .put("input_tokens", begun.promptTokens()));
      case StreamFailure failure -> Responses.error(ApiError.of(failure));
      case null, default -> Responses.error(ApiError.internal());
    };
  }
}
