package dev.skein.router.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.skein.proto.BadRecordException;
import dev.skein.proto.Kind;
import dev.skein.proto.ModelCard;
import dev.skein.proto.Request;
import dev.skein.proto.SessionFile;
import dev.skein.proto.SessionId;
import dev.skein.router.RouterLimits;
import dev.skein.router.admission.Caller;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.Destination;
import dev.skein.router.delivery.FailureCodes;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.JsonFields;
import dev.skein.router.sessions.Pool;
import dev.skein.router.sessions.Pools;
import dev.skein.router.sessions.SessionLog;
import dev.skein.router.sessions.SessionRow;
import dev.skein.router.sessions.SessionTable;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.jspecify.annotations.Nullable;

/**
 * Changes of sessions. Each is a request record like any turn: the session's owner does it in log
 * order and says so in an end event, and the answer waits for that and for the manifest that
 * follows. The same {@code Idempotency-Key} again changes nothing twice.
 */
final class SessionActions {
  private static final int BODY_BYTES_MAX = 64 * 1024;
  private static final int FILE_BYTES_MAX = 128 << 20;
  private static final long FILE_MS_MAX = 120_000;

  private final ActorSystem<?> system;
  private final Backend backend;
  private final Supplier<String> ids;
  private final long bodyMsMax;

  /** A change that was made: where, and of the session of which name. */
  record Done(Pool pool, String session) {}

  /**
   * @param ids never the same twice
   */
  SessionActions(
      ActorSystem<?> system, Backend backend, Supplier<String> ids, RouterLimits limits) {
    this.system = system;
    this.backend = backend;
    this.ids = ids;
    this.bodyMsMax = limits.patience().requestBody().toMillis();
  }

  /** Deletes a session and answers that it is gone. */
  CompletionStage<HttpResponse> delete(String session, SessionQuery query, Connection connection)
      throws ApiException {
    return query
        .pools(backend.pools())
        .ever(connection.caller().onBus(session))
        .thenCompose(pool -> Step.taken(() -> delete(pool, session, query, connection)));
  }

  /** Deletes a session of a pool. */
  CompletionStage<HttpResponse> delete(
      Pool pool, String session, SessionQuery query, Connection connection) throws ApiException {
    SessionTable table = pool.sessions().table();
    String name = connection.caller().onBus(session);
    return run(pool, request(Kind.KIND_DELETE, session, query), connection)
        .thenCompose(done -> pool.sessions().until(() -> !table.knows(name)))
        .thenApply(gone ->
            Responses.json(
                200,
                JsonNodeFactory.instance
                    .objectNode()
                    .put("id", session)
                    .put("object", "session.deleted")
                    .put("deleted", true)));
  }

  /** Makes a session out of another one, in the same pool. */
  CompletionStage<Done> fork(
      String session, SessionQuery query, HttpRequest request, Connection connection)
      throws ApiException {
    Request.Builder fork = request(Kind.KIND_FORK, session, query);
    CompletionStage<Pool> of = query.pools(backend.pools()).of(connection.caller().onBus(session));
    return fields(request)
        .thenCombine(of, Pair::create)
        .thenCompose(read ->
            Step.taken(() -> {
              JsonFields fields = JsonFields.parse(read.first());
              Pool pool = read.second();
              String child = fields.string("session");
              fork.setTarget(
                  child == null ? "fork-" + fork.getRequestId() : sessionId("session", child));
              turn(fields, false, fork);
              String name = connection.caller().onBus(fork.getTarget());
              SessionTable table = pool.sessions().table();
              return run(pool, fork, connection)
                  .thenCompose(done -> pool.sessions().until(() -> table.knows(name)))
                  .thenApply(made -> new Done(pool, fork.getTarget()));
            }));
  }

  /** Sets a session back to the end of an earlier turn. */
  CompletionStage<Done> rewind(
      String session, SessionQuery query, HttpRequest request, Connection connection)
      throws ApiException {
    Request.Builder rewind = request(Kind.KIND_REWIND, session, query);
    String name = connection.caller().onBus(session);
    CompletionStage<Pool> of = query.pools(backend.pools()).of(name);
    return fields(request)
        .thenCombine(of.thenCompose(SessionActions::current), Pair::create)
        .thenCompose(read ->
            Step.taken(() -> {
              turn(JsonFields.parse(read.first()), true, rewind);
              SessionLog log = read.second().sessions();
              SessionRow before = log.table().find(name);
              return run(read.second(), rewind, connection)
                  .thenCompose(done ->
                      done
                          ? log.until(moved(log.table(), name, before))
                          : CompletableFuture.completedStage(log.table()))
                  .thenApply(moved -> new Done(read.second(), session));
            }));
  }

  /** The pool when its table tells what was written before. */
  private static CompletionStage<Pool> current(Pool pool) {
    return pool.sessions().current().thenApply(table -> pool);
  }

  private static BooleanSupplier moved(
      SessionTable table, String name, @Nullable SessionRow before) {
    return () -> {
      SessionRow now = table.find(name);
      return now != null && (before == null || now.offset() > before.offset());
    };
  }

  /** Makes a session out of an exported one, in the pool that serves its model. */
  CompletionStage<Done> load(SessionQuery query, HttpRequest request, Connection connection) {
    if (request.entity().getContentLengthOption().orElse(0) > FILE_BYTES_MAX) {
      request.entity().withSizeLimit(Long.MAX_VALUE).discardBytes(system);
      return CompletableFuture.failedStage(new ApiException(ApiError.tooLarge(FILE_BYTES_MAX)));
    }
    return request
        .entity()
        .withSizeLimit(FILE_BYTES_MAX)
        .toStrict(FILE_MS_MAX, system)
        .thenCompose(body ->
            Step.taken(() -> {
              SessionFile file = parsed(body.getData().toArrayUnsafe());
              Caller caller = connection.caller();
              String given = query.text("session");
              String session =
                  sessionId("session", given == null ? file.manifest().getSession() : given);
              Request.Builder load = request(Kind.KIND_IMPORT, session, query);
              Pool pool = poolOf(file, query.pools(backend.pools()), load);
              byte[] clean =
                  SessionFile.of(caller.onBus(session), file.manifest(), file.snapshot()).write();
              String name = caller.onBus(session);
              SessionTable table = pool.sessions().table();
              return pool.sessions()
                  .upload(name, load.getRequestId(), clean)
                  .thenCompose(place -> run(pool, load.setFile(place), connection))
                  .thenCompose(done -> pool.sessions().until(() -> table.knows(name)))
                  .thenApply(made -> new Done(pool, session));
            }));
  }

  private static SessionFile parsed(byte[] bytes) throws ApiException {
    try {
      return SessionFile.parse(bytes);
    } catch (BadRecordException e) {
      throw ApiException.invalid(null, String.valueOf(e.getMessage()));
    }
  }

  /**
   * A state goes on only in the model that made it, whatever that is called here: the first pool
   * that serves it. One that no model has run may go on anywhere.
   */
  private Pool poolOf(SessionFile file, Pools among, Request.Builder load) throws ApiException {
    if (!file.manifest().hasFingerprint()) {
      return among.first();
    }
    String wanted = file.manifest().getFingerprint().getModel();
    for (Pool pool : among.all()) {
      for (ModelCard card : backend.models().of(pool.name()).values()) {
        if (card.getFingerprint().getModel().equals(wanted)) {
          load.setModel(card.getName());
          return pool;
        }
      }
    }
    throw new ApiException(
        ApiError.refused(
            422,
            "fingerprint_mismatch",
            null,
            "The session was exported from the model '"
                + file.manifest().getModel()
                + "' with the fingerprint "
                + wanted
                + ", which no model here has."));
  }

  private Request.Builder request(Kind kind, String session, SessionQuery query)
      throws ApiException {
    String key = query.idempotencyKey();
    return Request.newBuilder()
        .setKind(kind)
        .setSession(session)
        .setRequestId(key == null ? ids.get() : key);
  }

  private static void turn(JsonFields fields, boolean needed, Request.Builder request)
      throws ApiException {
    Integer turn = fields.integer("turn", 0, Integer.MAX_VALUE);
    if (turn != null) {
      request.setParentTurn(turn);
    } else if (needed) {
      throw ApiException.invalid(
          "turn", "'turn' must be the number of the turn after whose end the session goes on.");
    }
  }

  private static String sessionId(String field, String id) throws ApiException {
    try {
      return SessionId.check(id);
    } catch (BadRecordException e) {
      throw ApiException.invalid(field, String.valueOf(e.getMessage()));
    }
  }

  private CompletionStage<byte[]> fields(HttpRequest request) {
    return request
        .entity()
        .withSizeLimit(BODY_BYTES_MAX)
        .toStrict(bodyMsMax, system)
        .thenApply(body -> {
          byte[] bytes = body.getData().toArrayUnsafe();
          return bytes.length == 0 ? new byte[] {'{', '}'} : bytes;
        });
  }

  /** Does it on the bus; whether it was done now, and not before under the same id. */
  private CompletionStage<Boolean> run(Pool pool, Request.Builder request, Connection connection) {
    Turn turn = new Turn(request.build(), new Destination(pool.name(), model(pool, request), 0));
    Pair<Delivery, CompletionStage<Optional<StreamEvent>>> run =
        backend
            .deliveries()
            .deliver(turn, connection.caller())
            .toMat(Sink.lastOption(), Keep.both())
            .run(system);
    connection.answering(run.first());
    return run.second()
        .thenCompose(last -> {
          StreamEvent end = last.orElse(null);
          if (end == null) {
            return CompletableFuture.failedStage(new ApiException(ApiError.internal()));
          }
          if (end instanceof StreamFailure failure
              && !failure.code().equals(FailureCodes.REPEATED)) {
            return CompletableFuture.failedStage(new ApiException(ApiError.of(failure)));
          }
          return CompletableFuture.completedStage(!(end instanceof StreamFailure));
        });
  }

  /**
   * For the metrics: an operation is counted to the model whose session it is, if that is known.
   */
  private String model(Pool pool, Request.Builder request) {
    if (!request.getModel().isEmpty()) {
      return request.getModel();
    }
    ModelCard card = backend.models().defaultModel(pool.name());
    return card == null ? "" : card.getName();
  }
}
