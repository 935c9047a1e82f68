package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.CallHeaders;
import dev.skein.router.openai.CallParser;
import dev.skein.router.openai.ReplyForm;
import dev.skein.router.openai.ResponseCall;
import dev.skein.router.openai.ResponseId;
import dev.skein.router.openai.ResponseWriter;
import dev.skein.router.openai.SseWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v1/responses}: created as turns of sessions, told again from the log by any router as
 * long as the log is kept.
 */
final class ResponsesRoute {
  private static final ByteString KEEP_ALIVE = ByteString.fromString(SseWriter.KEEP_ALIVE);

  /** The log is silent for so long: it has told all that there is. */
  private static final Duration SILENCE = Duration.ofMillis(500);

  private static final int SILENCES_BEFORE_FIRST = 6;
  private static final int SILENCES_AFTER_CANCEL = 10;

  /** A response of which nothing is seen for so long after its creation does not exist. */
  private static final long QUEUED_SECONDS_MAX = 600;

  private final ActorSystem<?> system;
  private final RouterLimits limits;
  private final Turns turns;
  private final Deliveries deliveries;
  private final InstantSource clock;
  private final CallParser parser;

  ResponsesRoute(
      ActorSystem<?> system,
      RouterLimits limits,
      Turns turns,
      Deliveries deliveries,
      InstantSource clock) {
    this.system = system;
    this.limits = limits;
    this.turns = turns;
    this.deliveries = deliveries;
    this.clock = clock;
    this.parser = new CallParser(limits.maxTokens());
  }

  CompletionStage<HttpResponse> create(byte[] body, CallHeaders headers, Connection connection)
      throws ApiException {
    ResponseCall call = ResponseCall.parse(parser, body, headers);
    ModelCard model = turns.model(call.model());
    call.told().put("model", model.getName());
    ReplyForm form = call.form().thinking(model.getThinks());
    Request.Builder request =
        call.request().toBuilder()
            .setBackground(call.background())
            .setNote(ResponseWriter.note(call.told(), form));
    if (call.begins()) {
      request.setSession("resp-" + turns.newId()).setEphemeral(false);
    }
    Turn turn = turns.together(List.of(request.build()), model, null, call.cacheKey()).getFirst();
    ResponseId id =
        new ResponseId(clock.instant().getEpochSecond(), turn.session(), turn.requestId());
    ResponseWriter writer = new ResponseWriter(id);
    if (call.stream()) {
      return streamed(turn, writer, -1, connection);
    }
    return call.background() ? queued(turn, writer, connection) : whole(turn, writer, connection);
  }

  private CompletionStage<HttpResponse> queued(
      Turn turn, ResponseWriter writer, Connection connection) {
    return deliveries
        .deliver(turn, connection.caller())
        .runWith(Sink.headOption(), system)
        .thenApply(first ->
            first.orElse(null) instanceof StreamFailure failure
                ? Responses.error(ApiError.of(failure))
                : Responses.json(200, writer.toJson()));
  }

  private CompletionStage<HttpResponse> whole(
      Turn turn, ResponseWriter writer, Connection connection) {
    Pair<Delivery, CompletionStage<Optional<StreamEvent>>> run =
        deliveries
            .deliver(turn, connection.caller())
            .map(event -> {
              if (!(event instanceof StreamFailure)) {
                var ignored = writer.write(event);
              }
              return event;
            })
            .toMat(Sink.lastOption(), Keep.both())
            .run(system);
    connection.answering(run.first());
    return run.second()
        .thenApply(last -> {
          if (last.orElse(null) instanceof StreamFailure failure) {
            return Responses.error(ApiError.of(failure));
          }
          return writer.ended()
              ? Responses.json(200, writer.toJson())
              : Responses.error(ApiError.internal());
        });
  }

  private CompletionStage<HttpResponse> streamed(
      Turn turn, ResponseWriter writer, int after, Connection connection) {
    Pair<Delivery, CompletionStage<Pair<List<StreamEvent>, Source<StreamEvent, NotUsed>>>> run =
        deliveries
            .deliver(turn, connection.caller())
            .prefixAndTail(1)
            .toMat(Sink.head(), Keep.both())
            .run(system);
    connection.answering(run.first());
    return run.second()
        .thenApply(begun -> {
          StreamEvent first = begun.first().isEmpty() ? null : begun.first().getFirst();
          if (first == null || first instanceof StreamFailure) {
            begun.second().runWith(Sink.cancelled(), system);
            return Responses.error(
                first instanceof StreamFailure failure
                    ? ApiError.of(failure)
                    : ApiError.internal());
          }
          return Responses.events(
              Source.single(first)
                  .concat(begun.second())
                  .mapConcat(writer::write)
                  .drop(after + 1L)
                  .map(ByteString::fromString)
                  .keepAlive(limits.keepAlive(), () -> KEEP_ALIVE));
        });
  }

  /**
   * A response that was created before.
   *
   * @param after number of the last event that the client has, -1 for none; null: the response as
   *     it stands, not as a stream
   */
  CompletionStage<HttpResponse> retrieve(
      String name, @Nullable Integer after, Connection connection) throws ApiException {
    ResponseId id = id(name);
    Turn turn = again(id);
    ResponseWriter writer = new ResponseWriter(id);
    return after == null
        ? gathered(turn, writer, new Patience(SILENCES_BEFORE_FIRST, 1), connection)
        : streamed(turn, writer, after, connection);
  }

  /** Asks the owner to end a response, and tells how it ended. */
  CompletionStage<HttpResponse> cancel(String name, Connection connection) throws ApiException {
    ResponseId id = id(name);
    Turn turn = again(id);
    deliveries.cancel(turn, connection.caller());
    return gathered(
        turn,
        new ResponseWriter(id),
        new Patience(SILENCES_AFTER_CANCEL, SILENCES_AFTER_CANCEL),
        connection);
  }

  /** Reads what the log tells until it is silent. */
  private CompletionStage<HttpResponse> gathered(
      Turn turn, ResponseWriter writer, Patience patience, Connection connection) {
    ResponseId id = writer.id();
    return deliveries
        .deliver(turn, connection.caller())
        .map(Optional::of)
        .keepAlive(SILENCE, Optional::empty)
        .takeWhile(patience::goesOn)
        .mapConcat(event -> event.stream().toList())
        .runWith(
            Sink.fold(
                writer,
                (told, event) -> {
                  var ignored = told.write(event);
                  return told;
                }),
            system)
        .thenApply(told -> {
          long age = clock.instant().getEpochSecond() - id.createdSeconds();
          return told.begun() || age < QUEUED_SECONDS_MAX
              ? Responses.json(200, told.toJson())
              : Responses.error(missing(id.toString()));
        });
  }

  private static ResponseId id(String name) throws ApiException {
    ResponseId id = ResponseId.parse(name);
    if (id == null || id.session().isEmpty()) {
      throw new ApiException(missing(name));
    }
    return id;
  }

  private static ApiError missing(String name) {
    return ApiError.refused(
        404, "response_not_found", "response_id", "There is no response '" + name + "'.");
  }

  private Turn again(ResponseId id) throws ApiException {
    Request request =
        Request.newBuilder()
            .setSession(id.session())
            .setRequestId(id.requestId())
            .setBackground(true)
            .build();
    long age = Math.max(0, clock.instant().getEpochSecond() - id.createdSeconds());
    return turns
        .of(List.of(request), turns.model(null), null)
        .getFirst()
        .again(Duration.ofSeconds(age + 5));
  }

  /** How many silences are borne, before anything was heard and after. Used by one stream. */
  private static final class Patience {
    private int before;
    private int within;
    private boolean heard;

    Patience(int before, int within) {
      this.before = before;
      this.within = within;
    }

    boolean goesOn(Optional<StreamEvent> event) {
      if (event.isPresent()) {
        heard = true;
        return true;
      }
      return heard ? --within >= 0 : --before >= 0;
    }
  }
}
