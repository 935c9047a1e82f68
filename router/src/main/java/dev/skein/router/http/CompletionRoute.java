package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.ResumePoint;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.http.ModelChoice.Wish;
import dev.skein.router.openai.AnswerHead;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.CallHeaders;
import dev.skein.router.openai.CallParser;
import dev.skein.router.openai.CompletionCall;
import dev.skein.router.openai.Dialect;
import dev.skein.router.openai.SseWriter;
import dev.skein.router.openai.WholeAnswer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/chat/completions} and {@code POST /v1/completions}: a checked body becomes a turn
 * on the bus, and the turn's events the answer. The status of a streamed answer waits for the first
 * event, so that what fails before it is an HTTP error like any other.
 */
final class CompletionRoute {
  /** What the names of sessions begin with that a call began without naming one. */
  private static final String SESSION = "state-";

  private static final ByteString KEEP_ALIVE = ByteString.fromString(SseWriter.KEEP_ALIVE);

  private final ActorSystem<?> system;
  private final RouterLimits limits;
  private final ModelChoice models;
  private final Turns turns;
  private final Deliveries deliveries;
  private final CallParser parser;
  private final RetryMemory retries;

  CompletionRoute(
      ActorSystem<?> system,
      RouterLimits limits,
      ModelChoice models,
      Turns turns,
      Deliveries deliveries,
      RetryMemory retries) {
    this.retries = retries;
    this.system = system;
    this.limits = limits;
    this.models = models;
    this.turns = turns;
    this.deliveries = deliveries;
    this.parser = new CallParser(limits.maxTokens());
  }

  CompletionStage<HttpResponse> answer(
      Dialect dialect, byte[] body, CallHeaders headers, Connection connection)
      throws ApiException {
    CompletionCall call = dialect.parse(parser, body, headers);
    return models
        .of(wish(call), connection.caller())
        .thenCompose(model ->
            Step.taken(() ->
                answer(
                    dialect, call.thinking(model.getThinks()), model, body, headers, connection)));
  }

  private static Wish wish(CompletionCall call) {
    ResumePoint resume = call.resume();
    return new Wish(
        call.model(), call.requests().getFirst().getSession(), resume == null ? "" : resume.pool());
  }

  private CompletionStage<HttpResponse> answer(
      Dialect dialect,
      CompletionCall call,
      ModelCard model,
      byte[] body,
      CallHeaders headers,
      Connection connection)
      throws ApiException {
    boolean isNamed = !call.requests().getFirst().getRequestId().isEmpty();
    RetryMemory.Sent sent =
        isNamed || headers.retryCount() == null
            ? null
            : retries.sent(
                connection.caller(),
                body,
                headers,
                turns.newId(call.requests().getFirst(), call.cacheKey()));
    CompletionCall kept = call.begins() ? begun(call, sent) : call;
    List<Turn> all = turns(kept, model, sent);
    if (!isNamed && sent == null) {
      all = all.stream().map(turns::unnamed).toList();
    }
    String id = all.getFirst().requestId();
    String session = kept.returnState() ? all.getFirst().session() : "";
    AnswerHead head = turns.head(dialect.idPrefix() + id, model, models.mark(model), session);
    CompletionStage<HttpResponse> answer =
        call.stream()
            ? streamed(dialect, kept, all, head, connection)
            : whole(dialect, kept, all, head, connection);
    return answer.thenApply(response -> {
      boolean waits = sent != null && sent.age() != null && response.status().intValue() == 429;
      if (sent != null && response.status().isFailure() && !waits) {
        retries.forget(connection.caller(), body, headers);
      }
      return response.addHeader(RawHeader.create("x-request-id", id));
    });
  }

  /** The call in a session that is named like it: sent again, it belongs to that one. */
  private CompletionCall begun(CompletionCall call, RetryMemory.@Nullable Sent sent) {
    String given = call.requests().getFirst().getRequestId();
    String id = sent != null ? sent.id() : given.isEmpty() ? turns.newId() : given;
    return call.of(SESSION + id, id);
  }

  /**
   * The turns of a call. A client that sends one again without naming it is recognised by what it
   * sends, and gets the answer to what it sent first.
   */
  private List<Turn> turns(CompletionCall call, ModelCard model, RetryMemory.@Nullable Sent sent)
      throws ApiException {
    Request first = call.requests().getFirst();
    if (sent == null) {
      return turns.together(call.requests(), model, call.resume(), call.cacheKey());
    }
    List<Request> named = new ArrayList<>(call.requests());
    named.set(0, first.toBuilder().setRequestId(sent.id()).build());
    List<Turn> all =
        turns.together(named, model, call.resume(), call.cacheKey()).stream()
            .map(turns::counted)
            .toList();
    Duration age = sent.age();
    return age == null || model.getShards() == 0
        ? all
        : all.stream().map(turn -> turn.again(age)).toList();
  }

  private CompletionStage<HttpResponse> whole(
      Dialect dialect,
      CompletionCall call,
      List<Turn> all,
      AnswerHead head,
      Connection connection) {
    Turn first = all.getFirst();
    WholeAnswer answer =
        new WholeAnswer(
            call.form(), TurnGroup.choices(all), first.choices(), first.request().hasLogprobs());
    Pair<Delivery, CompletionStage<WholeAnswer>> run =
        TurnGroup.deliver(deliveries, all, connection.caller())
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
      Dialect dialect,
      CompletionCall call,
      List<Turn> all,
      AnswerHead head,
      Connection connection) {
    Pair<Delivery, CompletionStage<Pair<List<StreamEvent>, Source<StreamEvent, NotUsed>>>> run =
        FirstEvent.of(
            TurnGroup.deliver(deliveries, all, connection.caller()),
            limits.patience().silence(),
            system);
    connection.answering(run.first());
    SseWriter writer =
        new SseWriter(
            dialect,
            head,
            call.form(),
            TurnGroup.choices(all),
            all.getFirst().choices(),
            call.includeUsage(),
            call.resume());
    return run.second()
        .thenApply(begun -> {
          if (begun.first().isEmpty() && call.resume() != null) {
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
            .keepAlive(limits.patience().keepAlive(), () -> KEEP_ALIVE));
  }
}
