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
import dev.skein.router.sessions.Pool;
import dev.skein.router.sessions.Pools;
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
  private final ModelChoice models;
  private final Turns turns;
  private final ResponseDelivery delivery;
  private final Pools pools;
  private final SessionActions actions;
  private final InstantSource clock;

  KeptResponses(
      ActorSystem<?> system,
      ModelChoice models,
      Turns turns,
      ResponseDelivery delivery,
      Pools pools,
      SessionActions actions,
      InstantSource clock) {
    this.system = system;
    this.models = models;
    this.turns = turns;
    this.delivery = delivery;
    this.pools = pools;
    this.actions = actions;
    this.clock = clock;
  }

  /** A response, and the pool of its session. */
  private record Kept(ResponseId id, Pool pool) {
    SessionLog log() {
      return pool.sessions();
    }
  }

  CompletionStage<HttpResponse> answer(HttpRequest request, Connection connection) {
    return UnwantedBody.readBefore(answered(request, connection), request, system);
  }

  private CompletionStage<HttpResponse> answered(HttpRequest request, Connection connection) {
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
    Pools among = pools.named(id.pool());
    if (among == null) {
      throw missing(name);
    }
    return among
        .of(connection.caller().onBus(id.session()))
        .thenCompose(
            pool -> Step.taken(() -> answer(operation, new Kept(id, pool), query, connection)));
  }

  private CompletionStage<HttpResponse> answer(
      Operation operation, Kept kept, SessionQuery query, Connection connection)
      throws ApiException {
    return switch (operation) {
      case SHOW -> show(kept, query, connection);
      case CANCEL -> cancel(kept, connection);
      case DELETE -> delete(kept, query, connection);
      case INPUT_ITEMS -> inputItems(kept, query, connection);
    };
  }

  private CompletionStage<HttpResponse> show(Kept kept, SessionQuery query, Connection connection)
      throws ApiException {
    boolean streams = "true".equals(query.text("stream"));
    int after =
        NONE.equals(query.text("starting_after"))
            ? -1
            : query.number("starting_after", 0, Integer.MAX_VALUE - 1, -1);
    if (!streams) {
      return told(kept, again(kept), Attention.untilNow(), connection)
          .thenApply(writer -> {
            if (writer.begun() == null && isOld(kept.id)) {
              return Responses.error(missing(kept.id).error());
            }
            return Responses.json(200, writer.toJson());
          });
    }
    Turn turn = again(kept);
    Caller caller = connection.caller();
    return kept.log()
        .current()
        .thenCompose(table ->
            delivery.streamed(
                turn,
                new ResponseWriter(kept.id),
                after,
                connection,
                first -> gone(kept, first, caller)));
  }

  private @Nullable ApiError gone(Kept kept, StreamEvent first, Caller caller) {
    return first instanceof Begun begun && isDeleted(kept, begun, caller)
        ? missing(kept.id).error()
        : null;
  }

  private boolean isDeleted(Kept kept, Begun begun, Caller caller) {
    return kept.log().table().wasDeleted(caller.onBus(kept.id.session()), begun.turn());
  }

  private boolean isOld(ResponseId id) {
    return clock.instant().getEpochSecond() - id.createdSeconds() >= QUEUED_SECONDS_MAX;
  }

  /** Asks the owner to end a response, and tells how it ended. */
  private CompletionStage<HttpResponse> cancel(Kept kept, Connection connection)
      throws ApiException {
    Turn turn = again(kept);
    Runnable ask = () -> delivery.cancel(turn, connection);
    ask.run();
    return told(kept, turn, Attention.untilEnded(ask), connection)
        .thenApply(writer ->
            writer.begun() == null && isOld(kept.id)
                ? Responses.error(missing(kept.id).error())
                : Responses.json(200, writer.toJson()));
  }

  /** A response as the log tells it; fails if it was deleted. */
  private CompletionStage<ResponseWriter> told(
      Kept kept, Turn turn, Attention attention, Connection connection) {
    Caller caller = connection.caller();
    return delivery
        .gathered(turn, ResponseWriter.silent(kept.id), attention, connection)
        .thenCombine(kept.log().current(), (writer, table) -> writer)
        .thenCompose(writer -> {
          Begun begun = writer.begun();
          return begun != null && isDeleted(kept, begun, caller)
              ? CompletableFuture.failedStage(missing(kept.id))
              : CompletableFuture.completedStage(writer);
        });
  }

  /** A response of which something was seen. */
  private CompletionStage<ResponseWriter> begun(Kept kept, Connection connection)
      throws ApiException {
    return told(kept, again(kept), Attention.untilBegun(), connection)
        .thenCompose(writer ->
            writer.begun() == null
                ? CompletableFuture.failedStage(missing(kept.id))
                : CompletableFuture.completedStage(writer));
  }

  private CompletionStage<HttpResponse> inputItems(
      Kept kept, SessionQuery query, Connection connection) throws ApiException {
    String order = query.text("order");
    if (order != null && !order.equals("asc") && !order.equals("desc")) {
      throw ApiException.invalid("order", "'order' must be \"asc\" or \"desc\".");
    }
    InputItems.Page page =
        new InputItems.Page(
            query.number("limit", 1, ITEMS_MAX, ITEMS), query.text("after"), "asc".equals(order));
    String session = connection.caller().onBus(kept.id.session());
    return begun(kept, connection)
        .thenCompose(writer -> {
          Begun begun = writer.begun();
          long number = begun == null ? -1 : begun.requestOffset();
          return kept.log()
              .request(session, kept.id.requestId(), number)
              .thenCompose(request -> items(kept.id, request, writer.note().before(), page));
        });
  }

  private static CompletionStage<HttpResponse> items(
      ResponseId id, @Nullable Request request, int before, InputItems.Page page) {
    if (request == null) {
      return CompletableFuture.failedStage(missing(id));
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
  private CompletionStage<HttpResponse> delete(Kept kept, SessionQuery query, Connection connection)
      throws ApiException {
    String session = connection.caller().onBus(kept.id.session());
    return begun(kept, connection)
        .thenCompose(writer -> {
          if (!writer.ended()) {
            return refused("response_in_progress", "The response has not ended: cancel it first.");
          }
          SessionLog log = kept.log();
          return log.manifest(session, log.table().find(session))
              .thenCompose(manifest ->
                  isAllOf(manifest, kept.id)
                      ? Step.taken(() -> deleted(kept, query, connection))
                      : refused(
                          "response_continued",
                          "The response is a turn of the session '"
                              + kept.id.session()
                              + "', which remembers it: DELETE /v1/sessions/{id} deletes that."));
        });
  }

  private static boolean isAllOf(@Nullable Manifest manifest, ResponseId id) {
    return manifest != null
        && id.session().startsWith(SESSION)
        && manifest.getNextTurn() == manifest.getFirstTurn() + 1;
  }

  private CompletionStage<HttpResponse> deleted(
      Kept kept, SessionQuery query, Connection connection) throws ApiException {
    return actions
        .delete(kept.pool, kept.id.session(), query, connection)
        .thenApply(done ->
            Responses.json(
                200,
                JsonNodeFactory.instance
                    .objectNode()
                    .put("id", kept.id.toString())
                    .put("object", "response")
                    .put("deleted", true)));
  }

  private static CompletionStage<HttpResponse> refused(String code, String message) {
    return CompletableFuture.failedStage(
        new ApiException(ApiError.invalid(code, "response_id", message)));
  }

  private static ApiException missing(ResponseId id) {
    return missing(id.toString());
  }

  private static ApiException missing(String name) {
    return new ApiException(
        ApiError.refused(
            404, "response_not_found", "response_id", "There is no response '" + name + "'."));
  }

  private Turn again(Kept kept) throws ApiException {
    ResponseId id = kept.id;
    Request request =
        Request.newBuilder()
            .setSession(id.session())
            .setRequestId(id.requestId())
            .setBackground(true)
            .build();
    long age = Math.max(0, clock.instant().getEpochSecond() - id.createdSeconds());
    return turns
        .of(List.of(request), models.usual(kept.pool.name()), null)
        .getFirst()
        .seen(Duration.ofSeconds(age + 5));
  }
}
