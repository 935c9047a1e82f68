package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.openai.AnswerHead;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.CallHeaders;
import dev.skein.router.openai.CallParser;
import dev.skein.router.openai.CompletionCall;
import dev.skein.router.openai.Dialect;
import dev.skein.router.openai.SseWriter;
import dev.skein.router.openai.WholeAnswer;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * {@code POST /v1/chat/completions} and {@code POST /v1/completions}: a checked body becomes a turn
 * on the bus, and the turn's events the answer. The status of a streamed answer waits for the first
 * event, so that what fails before it is an HTTP error like any other.
 */
final class CompletionRoute {
  private static final ByteString KEEP_ALIVE = ByteString.fromString(SseWriter.KEEP_ALIVE);

  private final ActorSystem<?> system;
  private final RouterLimits limits;
  private final Models models;
  private final Deliveries deliveries;
  private final Supplier<String> requestIds;
  private final InstantSource clock;
  private final CallParser parser;

  /**
   * @param requestIds ids for requests whose clients gave none, never the same twice
   */
  CompletionRoute(
      ActorSystem<?> system,
      RouterLimits limits,
      Models models,
      Deliveries deliveries,
      Supplier<String> requestIds,
      InstantSource clock) {
    this.system = system;
    this.limits = limits;
    this.models = models;
    this.deliveries = deliveries;
    this.requestIds = requestIds;
    this.clock = clock;
    this.parser = new CallParser(limits.maxTokens());
  }

  CompletionStage<HttpResponse> answer(
      Dialect dialect, byte[] body, CallHeaders headers, Connection connection)
      throws ApiException {
    CompletionCall call = dialect.parse(parser, body, headers);
    ModelCard model = model(call);
    Turn turn = turn(call, model);
    AnswerHead head =
        new AnswerHead(
            dialect.idPrefix() + turn.requestId(),
            clock.instant().getEpochSecond(),
            model.getName(),
            AnswerHead.fingerprint(model));
    CompletionStage<HttpResponse> answer =
        call.stream()
            ? streamed(dialect, call, turn, head, connection)
            : whole(dialect, turn, head, connection);
    return answer.thenApply(
        response -> response.addHeader(RawHeader.create("x-request-id", turn.requestId())));
  }

  private ModelCard model(CompletionCall call) throws ApiException {
    String name = call.model();
    ModelCard card = name == null ? models.defaultModel() : models.find(name);
    if (card != null) {
      return card;
    }
    throw new ApiException(
        models.models().isEmpty()
            ? ApiError.unavailable("No worker has announced a model yet.")
            : ApiError.modelNotFound(String.valueOf(name)));
  }

  private Turn turn(CompletionCall call, ModelCard model) throws ApiException {
    if (call.resume() != null && model.getShards() == 0) {
      throw new ApiException(ApiError.unavailable("The pool's shards are not known yet."));
    }
    Request.Builder request = call.request().toBuilder().setModel(model.getName());
    if (request.getRequestId().isEmpty()) {
      request.setRequestId(requestIds.get());
    }
    Request built = request.build();
    if (built.getSerializedSize() > limits.recordBytes()) {
      throw new ApiException(ApiError.tooLarge(limits.recordBytes()));
    }
    return new Turn(built, model.getName(), model.getShards(), call.resume());
  }

  private CompletionStage<HttpResponse> whole(
      Dialect dialect, Turn turn, AnswerHead head, Connection connection) {
    WholeAnswer answer = new WholeAnswer(turn.choices(), turn.request().hasLogprobs());
    Pair<Delivery, CompletionStage<WholeAnswer>> run =
        deliveries
            .deliver(turn)
            .toMat(Sink.fold(answer, WholeAnswer::add), Keep.both())
            .run(system);
    connection.answering(run.first());
    return run.second()
        .thenApply(done -> {
          StreamFailure failure = done.failure();
          if (failure != null) {
            return Responses.error(ApiError.of(failure));
          }
          return done.complete()
              ? Responses.json(200, done.toJson(dialect, head))
              : Responses.error(ApiError.internal());
        });
  }

  private CompletionStage<HttpResponse> streamed(
      Dialect dialect, CompletionCall call, Turn turn, AnswerHead head, Connection connection) {
    Pair<Delivery, CompletionStage<Pair<List<StreamEvent>, Source<StreamEvent, NotUsed>>>> run =
        deliveries.deliver(turn).prefixAndTail(1).toMat(Sink.head(), Keep.both()).run(system);
    connection.answering(run.first());
    SseWriter writer =
        new SseWriter(dialect, head, turn.choices(), call.includeUsage(), turn.resume());
    return run.second()
        .thenApply(begun -> {
          if (begun.first().isEmpty() && turn.resume() != null) {
            return Responses.events(Source.single(ByteString.fromString(SseWriter.DONE)));
          }
          return begin(begun.first(), begun.second(), writer);
        });
  }

  private HttpResponse begin(
      List<StreamEvent> first, Source<StreamEvent, NotUsed> rest, SseWriter writer) {
    if (first.isEmpty() || first.getFirst() instanceof StreamFailure) {
      rest.runWith(Sink.cancelled(), system);
      return Responses.error(
          first.isEmpty() || !(first.getFirst() instanceof StreamFailure failure)
              ? ApiError.internal()
              : ApiError.of(failure));
    }
    return Responses.events(
        Source.from(first)
            .concat(rest)
            .mapConcat(writer::write)
            .map(ByteString::fromString)
            .keepAlive(limits.keepAlive(), () -> KEEP_ALIVE));
  }
}
