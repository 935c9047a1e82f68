package dev.skein.router.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.skein.proto.BadRecordException;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.Manifest;
import dev.skein.proto.Request;
import dev.skein.router.admission.Caller;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.Begun;
import dev.skein.router.delivery.Turn;
import dev.skein.router.http.ResponsePath.Operation;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.responses.InputItems;
import dev.skein.router.openai.responses.ResponseId;
import dev.skein.router.openai.responses.ResponseWriter;
import dev.skein.router.sessions.SessionLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v1/responses/{id}…}: what was made before, told again from the log by any router as long
 * as the log is kept and its session is not deleted.
 */
final class KeptResponses {
  /** What the session of a response that goes on from none is called. */
  static final String SESSION = "resp-";

  /** What OpenAI's API has in the place of an id. */
  private static final String COMPACT = "compact";

  /** The number before that of the first event. */
  private static final String NONE = "-1";

  private static final int ITEMS = 20;
  private static final int ITEMS_MAX = 100;

  /** A response of which nothing is seen for so long after its creation does not exist. */
  private static final long QUEUED_SECONDS_MAX = 600;

  private final ActorSystem<?> system;
  private final Turns turns;
  private final ResponseDelivery delivery;
  private final SessionLog log;
  private final SessionActions actions;
  private final InstantSource clock;

  KeptResponses(
      ActorSystem<?> system,
      Turns turns,
      ResponseDelivery delivery,
      SessionLog log,
      SessionActions actions,
      InstantSource clock) {
    this.system = system;
    this.turns = turns;
    this.delivery = delivery;
    this.log = log;
    this.actions = actions;
    this.clock = clock;
  }

  CompletionStage<HttpResponse> answer(HttpRequest request, Connection connection) {
    request.discardEntityBytes(system);
    ResponsePath path = ResponsePath.of(request);
    List<Operation> operations = path == null ? List.of() : path.operations();
    Operation wanted =
        operations.stream()
            .filter(operation -> operation.method().equals(request.method().name()))
            .findFirst()
            .orElse(null);
    try {
      if (path != null && path.id().equals(COMPACT) && wanted == null) {
        throw new ApiException(
            ApiError.invalid(
                BadRecordException.UNSUPPORTED,
                null,
                "'"
                    + COMPACT
                    + "' is not supported: a session remembers in a state of fixed size,"
                    + " in which there is nothing to make smaller."));
      }
      return path == null || wanted == null
          ? CompletableFuture.completedStage(
              Responses.nothingThere(
                  request, "/v1/responses", operations.stream().map(Operation::method).toList()))
          : answer(wanted, path.id(), new SessionQuery(request), connection);
    } catch (ApiException e) {
      return CompletableFuture.completedStage(Responses.error(e.error()));
    }
  }

  private CompletionStage<HttpResponse> answer(
      Operation operation, String name, SessionQuery query, Connection connection)
      throws ApiException {
    ResponseId id = ResponseId.parse(name);
    if (id == null || id.session().isEmpty()) {
      throw missing(name);
    }
    return switch (operation) {
      case SHOW -> show(id, query, connection);
      case CANCEL -> cancel(id, connection);
      case DELETE -> delete(id, query, connection);
      case INPUT_ITEMS -> inputItems(id, query, connection);
    };
  }

  private CompletionStage<HttpResponse> show(
      ResponseId id, SessionQuery query, Connection connection) throws ApiException {
    boolean streams = "true".equals(query.text("stream"));
    int after =
        NONE.equals(query.text("starting_after"))
            ? -1
            : query.number("starting_after", 0, Integer.MAX_VALUE - 1, -1);
    if (!streams) {
      return kept(id, again(id), Attention.untilNow(), connection)
          .thenApply(writer -> {
            if (writer.begun() == null && isOld(id)) {
              return Responses.error(missing(id.toString()).error());
            }
            return Responses.json(200, writer.toJson());
          });
    }
    Turn turn = again(id);
    Caller caller = connection.caller();
    return log.current()
        .thenCompose(table ->
            delivery.streamed(
                turn, new ResponseWriter(id), after, connection, first -> gone(id, first, caller)));
  }

  private @Nullable ApiError gone(ResponseId id, StreamEvent first, Caller caller) {
    return first instanceof Begun begun && isDeleted(id, begun, caller)
        ? missing(id.toString()).error()
        : null;
  }

  private boolean isDeleted(ResponseId id, Begun begun, Caller caller) {
    return log.table().wasDeleted(caller.onBus(id.session()), begun.turn());
  }

  private boolean isOld(ResponseId id) {
    return clock.instant().getEpochSecond() - id.createdSeconds() >= QUEUED_SECONDS_MAX;
  }

  /** Asks the owner to end a response, and tells how it ended. */
  private CompletionStage<HttpResponse> cancel(ResponseId id, Connection connection)
      throws ApiException {
    Turn turn = again(id);
    Runnable ask = () -> delivery.cancel(turn, connection);
    ask.run();
    return kept(id, turn, Attention.untilEnded(ask), connection)
        .thenApply(writer ->
            writer.begun() == null && isOld(id)
                ? Responses.error(missing(id.toString()).error())
                : Responses.json(200, writer.toJson()));
  }

  /** A response as the log tells it; fails if it was deleted. */
  private CompletionStage<ResponseWriter> kept(
      ResponseId id, Turn turn, Attention attention, Connection connection) {
    Caller caller = connection.caller();
    return delivery
        .gathered(turn, ResponseWriter.silent(id), attention, connection)
        .thenCombine(log.current(), (writer, table) -> writer)
        .thenCompose(writer -> {
          Begun begun = writer.begun();
          return begun != null && isDeleted(id, begun, caller)
              ? CompletableFuture.failedStage(missing(id.toString()))
              : CompletableFuture.completedStage(writer);
        });
  }

  /** A response of which something was seen. */
  private CompletionStage<ResponseWriter> begun(ResponseId id, Connection connection)
      throws ApiException {
    return kept(id, again(id), Attention.untilBegun(), connection)
        .thenCompose(writer ->
            writer.begun() == null
                ? CompletableFuture.failedStage(missing(id.toString()))
                : CompletableFuture.completedStage(writer));
  }

  private CompletionStage<HttpResponse> inputItems(
      ResponseId id, SessionQuery query, Connection connection) throws ApiException {
    String order = query.text("order");
    if (order != null && !order.equals("asc") && !order.equals("desc")) {
      throw ApiException.invalid("order", "'order' must be \"asc\" or \"desc\".");
    }
    InputItems.Page page =
        new InputItems.Page(
            query.number("limit", 1, ITEMS_MAX, ITEMS), query.text("after"), "asc".equals(order));
    String session = connection.caller().onBus(id.session());
    return begun(id, connection)
        .thenCompose(writer -> {
          Begun begun = writer.begun();
          long number = begun == null ? -1 : begun.requestOffset();
          return log.request(session, id.requestId(), number)
              .thenCompose(request -> items(id, request, writer.note().before(), page));
        });
  }

  private static CompletionStage<HttpResponse> items(
      ResponseId id, @Nullable Request request, int before, InputItems.Page page) {
    if (request == null) {
      return CompletableFuture.failedStage(missing(id.toString()));
    }
    List<ChatMessage> all = request.getMessagesList();
    try {
      List<ChatMessage> input = all.subList(Math.min(before, all.size()), all.size());
      return CompletableFuture.completedStage(
          Responses.json(200, InputItems.list(id, input, page)));
    } catch (ApiException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /** The session of a response that nothing goes on from is all that is kept of it. */
  private CompletionStage<HttpResponse> delete(
      ResponseId id, SessionQuery query, Connection connection) throws ApiException {
    String session = connection.caller().onBus(id.session());
    return begun(id, connection)
        .thenCompose(writer -> {
          if (!writer.ended()) {
            return refused("response_in_progress", "The response has not ended: cancel it first.");
          }
          return log.manifest(session, log.table().find(session))
              .thenCompose(manifest ->
                  isAllOf(manifest, id)
                      ? deleted(id, query, connection)
                      : refused(
                          "response_continued",
                          "The response is a turn of the session '"
                              + id.session()
                              + "', which remembers it: DELETE /v1/sessions/{id} deletes that."));
        });
  }

  private static boolean isAllOf(@Nullable Manifest manifest, ResponseId id) {
    return manifest != null
        && id.session().startsWith(SESSION)
        && manifest.getNextTurn() == manifest.getFirstTurn() + 1;
  }

  private CompletionStage<HttpResponse> deleted(
      ResponseId id, SessionQuery query, Connection connection) {
    try {
      return actions
          .delete(id.session(), query, connection)
          .thenApply(done ->
              Responses.json(
                  200,
                  JsonNodeFactory.instance
                      .objectNode()
                      .put("id", id.toString())
                      .put("object", "response")
                      .put("deleted", true)));
    } catch (ApiException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private static CompletionStage<HttpResponse> refused(String code, String message) {
    return CompletableFuture.failedStage(
        new ApiException(ApiError.invalid(code, "response_id", message)));
  }

  private static ApiException missing(String name) {
    return new ApiException(
        ApiError.refused(
            404, "response_not_found", "response_id", "There is no response '" + name + "'."));
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
        .seen(Duration.ofSeconds(age + 5));
  }
}
