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
import dev.skein.router.delivery.FailureCodes;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.JsonFields;
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
    SessionTable table = backend.sessions().table();
    String name = connection.caller().onBus(session);
    return run(request(Kind.KIND_DELETE, session, query), connection)
        .thenCompose(done -> backend.sessions().until(() -> !table.knows(name)))
        .thenApply(gone ->
            Responses.json(
                200,
                JsonNodeFactory.instance
                    .objectNode()
                    .put("id", session)
                    .put("object", "session.deleted")
                    .put("deleted", true)));
  }

  /** Makes a session out of another one; the new one's name. */
  CompletionStage<String> fork(
      String session, SessionQuery query, HttpRequest request, Connection connection)
      throws ApiException {
    Request.Builder fork = request(Kind.KIND_FORK, session, query);
    return fields(request)
        .thenCompose(read ->
            checked(() -> {
              JsonFields fields = JsonFields.parse(read);
              String child = fields.string("session");
              fork.setTarget(
                  child == null ? "fork-" + fork.getRequestId() : sessionId("session", child));
              turn(fields, false, fork);
              String name = connection.caller().onBus(fork.getTarget());
              SessionTable table = backend.sessions().table();
              return run(fork, connection)
                  .thenCompose(done -> backend.sessions().until(() -> table.knows(name)))
                  .thenApply(made -> fork.getTarget());
            }));
  }

  /** Sets a session back to the end of an earlier turn; its name. */
  CompletionStage<String> rewind(
      String session, SessionQuery query, HttpRequest request, Connection connection)
      throws ApiException {
    Request.Builder rewind = request(Kind.KIND_REWIND, session, query);
    String name = connection.caller().onBus(session);
    return fields(request)
        .thenCombine(backend.sessions().current(), Pair::create)
        .thenCompose(read ->
            checked(() -> {
              turn(JsonFields.parse(read.first()), true, rewind);
              SessionRow before = read.second().find(name);
              return run(rewind, connection)
                  .thenCompose(done ->
                      done
                          ? backend.sessions().until(moved(read.second(), name, before))
                          : nothing())
                  .thenApply(moved -> session);
            }));
  }

  private static BooleanSupplier moved(
      SessionTable table, String name, @Nullable SessionRow before) {
    return () -> {
      SessionRow now = table.find(name);
      return now != null && (before == null || now.offset() > before.offset());
    };
  }

  /** Makes a session out of an exported one; its name. */
  CompletionStage<String> load(SessionQuery query, HttpRequest request, Connection connection) {
    if (request.entity().getContentLengthOption().orElse(0) > FILE_BYTES_MAX) {
      request.entity().withSizeLimit(Long.MAX_VALUE).discardBytes(system);
      return CompletableFuture.failedStage(new ApiException(ApiError.tooLarge(FILE_BYTES_MAX)));
    }
    return request
        .entity()
        .withSizeLimit(FILE_BYTES_MAX)
        .toStrict(FILE_MS_MAX, system)
        .thenCompose(body ->
            checked(() -> {
              SessionFile file = parsed(body.getData().toArrayUnsafe());
              Caller caller = connection.caller();
              String given = query.text("session");
              String session =
                  sessionId("session", given == null ? file.manifest().getSession() : given);
              Request.Builder load = request(Kind.KIND_IMPORT, session, query);
              load.setModel(modelOf(file).getName());
              byte[] clean =
                  SessionFile.of(caller.onBus(session), file.manifest(), file.snapshot()).write();
              String name = caller.onBus(session);
              SessionTable table = backend.sessions().table();
              return backend
                  .sessions()
                  .upload(name, load.getRequestId(), clean)
                  .thenCompose(place -> run(load.setFile(place), connection))
                  .thenCompose(done -> backend.sessions().until(() -> table.knows(name)))
                  .thenApply(made -> session);
            }));
  }

  private static SessionFile parsed(byte[] bytes) throws ApiException {
    try {
      return SessionFile.parse(bytes);
    } catch (BadRecordException e) {
      throw ApiException.invalid(null, String.valueOf(e.getMessage()));
    }
  }

  /** A state goes on only in the model that made it, whatever that is called here. */
  private ModelCard modelOf(SessionFile file) throws ApiException {
    String wanted = file.manifest().getFingerprint().getModel();
    return backend.models().models().values().stream()
        .filter(card -> card.getFingerprint().getModel().equals(wanted))
        .findFirst()
        .orElseThrow(() ->
            new ApiException(
                ApiError.refused(
                    422,
                    "fingerprint_mismatch",
                    null,
                    "The session was exported from the model '"
                        + file.manifest().getModel()
                        + "' with the fingerprint "
                        + wanted
                        + ", which no model here has.")));
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
  private CompletionStage<Boolean> run(Request.Builder request, Connection connection) {
    Turn turn = new Turn(request.build(), model(request), 0);
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
  private String model(Request.Builder request) {
    if (!request.getModel().isEmpty()) {
      return request.getModel();
    }
    ModelCard card = backend.models().defaultModel();
    return card == null ? "" : card.getName();
  }

  private CompletionStage<SessionTable> nothing() {
    return CompletableFuture.completedStage(backend.sessions().table());
  }

  /** A step that may refuse. */
  private interface Step<T> {
    CompletionStage<T> take() throws ApiException;
  }

  private static <T> CompletionStage<T> checked(Step<T> step) {
    try {
      return step.take();
    } catch (ApiException e) {
      return CompletableFuture.failedStage(e);
    }
  }
}
