package dev.skein.router.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.BadRecordException;
import dev.skein.proto.Manifest;
import dev.skein.proto.SessionFile;
import dev.skein.proto.SessionId;
import dev.skein.router.admission.Caller;
import dev.skein.router.http.SessionPath.Operation;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.sessions.SessionJson;
import dev.skein.router.sessions.SessionLog;
import dev.skein.router.sessions.SessionLog.SnapshotGoneException;
import dev.skein.router.sessions.SessionLog.TurnRange;
import dev.skein.router.sessions.SessionRow;
import dev.skein.router.sessions.SessionTable;
import dev.skein.router.sessions.TranscriptJson;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * {@code /v1/sessions…}. What is asked about is answered from the table of manifests, once it has
 * read what was written before the question; what is to be changed goes to {@link SessionActions}.
 */
final class SessionsRoute {
  private static final int PAGE = 20;
  private static final int PAGE_MAX = 1_000;
  private static final int TURNS = 100;

  /** A snapshot is a large thing to hold. */
  private static final int FILES_AT_ONCE = 2;

  private final ActorSystem<?> system;
  private final SessionLog log;
  private final SessionActions actions;
  private final Semaphore files = new Semaphore(FILES_AT_ONCE);

  SessionsRoute(ActorSystem<?> system, SessionLog log, SessionActions actions) {
    this.system = system;
    this.log = log;
    this.actions = actions;
  }

  CompletionStage<HttpResponse> answer(HttpRequest request, Connection connection) {
    SessionPath path = SessionPath.of(request);
    List<Operation> operations = path == null ? List.of() : path.operations();
    Operation wanted =
        operations.stream()
            .filter(operation -> operation.method().equals(request.method().name()))
            .findFirst()
            .orElse(null);
    try {
      if (path == null || wanted == null) {
        request.discardEntityBytes(system);
        return CompletableFuture.completedStage(
            Responses.nothingThere(
                request, "/v1/sessions", operations.stream().map(Operation::method).toList()));
      }
      if (wanted.ofOne()) {
        SessionId.check(path.session());
      }
      return answer(wanted, path.session(), request, connection);
    } catch (BadRecordException e) {
      request.discardEntityBytes(system);
      ApiError error = ApiError.invalid(null, "id", String.valueOf(e.getMessage()));
      return CompletableFuture.completedStage(Responses.error(error));
    } catch (ApiException e) {
      request.discardEntityBytes(system);
      return CompletableFuture.completedStage(Responses.error(e.error()));
    }
  }

  private CompletionStage<HttpResponse> answer(
      Operation operation, String session, HttpRequest request, Connection connection)
      throws ApiException {
    Caller caller = connection.caller();
    SessionQuery query = new SessionQuery(request);
    return switch (operation) {
      case LIST -> asked(request, list(query, caller));
      case SHOW -> asked(request, show(session, caller));
      case TRANSCRIPT -> asked(request, transcript(session, query, caller));
      case EXPORT -> asked(request, holding(() -> export(session, caller)));
      case DELETE -> asked(request, actions.delete(session, query, connection));
      case FORK ->
          actions
              .fork(session, query, request, connection)
              .thenCompose(child -> show(child, caller));
      case REWIND ->
          actions
              .rewind(session, query, request, connection)
              .thenCompose(same -> show(same, caller));
      case IMPORT ->
          holding(() ->
              actions.load(query, request, connection).thenCompose(made -> show(made, caller)));
    };
  }

  private CompletionStage<HttpResponse> asked(
      HttpRequest request, CompletionStage<HttpResponse> answer) {
    request.discardEntityBytes(system);
    return answer;
  }

  private CompletionStage<HttpResponse> list(SessionQuery query, Caller caller)
      throws ApiException {
    int limit = query.number("limit", 1, PAGE_MAX, PAGE);
    String after = query.text("after");
    return log.current()
        .thenApply(table ->
            Responses.json(
                200,
                SessionJson.list(
                    table.page(caller.prefix(), caller.onBus(after == null ? "" : after), limit),
                    table.complete(),
                    caller)));
  }

  private CompletionStage<HttpResponse> show(String session, Caller caller) {
    return found(session, caller)
        .thenApply(found -> {
          SessionTable table = log.table();
          ObjectNode body =
              SessionJson.whole(
                  found.row, found.manifest, table.owner(found.row.partition()), caller);
          return Responses.json(200, body);
        });
  }

  private CompletionStage<HttpResponse> transcript(
      String session, SessionQuery query, Caller caller) throws ApiException {
    int limit = query.number("limit", 1, PAGE_MAX, TURNS);
    String before = query.text("before");
    Integer below = before == null ? null : query.number("before", 0, Integer.MAX_VALUE, 0);
    boolean tokens = "true".equals(query.text("tokens"));
    return found(session, caller)
        .thenCompose(
            found -> log.turns(found.manifest, caller.prefix(), new TurnRange(below, limit)))
        .thenApply(turns -> Responses.json(200, TranscriptJson.of(session, turns, tokens, caller)));
  }

  private CompletionStage<HttpResponse> export(String session, Caller caller) {
    return found(session, caller)
        .thenCompose(found -> snapshot(found, caller, true))
        .thenApply(file -> Responses.file(file.write(), "session.skein"));
  }

  /** A snapshot that went while it was read has a successor, which a newer manifest names. */
  private CompletionStage<SessionFile> snapshot(Found found, Caller caller, boolean again) {
    String name = found.row.name();
    return log.snapshot(name, found.manifest)
        .thenApply(bytes -> SessionFile.of(caller.own(name), found.manifest, bytes))
        .exceptionallyCompose(error -> {
          if (!(cause(error) instanceof SnapshotGoneException gone)) {
            return CompletableFuture.failedStage(error);
          }
          if (again) {
            return found(caller.own(name), caller)
                .thenCompose(newer -> snapshot(newer, caller, false));
          }
          return CompletableFuture.failedStage(
              new ApiException(
                  ApiError.unavailable(
                      "The session's snapshot is not readable just now: "
                          + gone.getMessage()
                          + ".")));
        });
  }

  private static Throwable cause(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }

  private CompletionStage<HttpResponse> holding(Supplier<CompletionStage<HttpResponse>> work) {
    if (!files.tryAcquire()) {
      return CompletableFuture.failedStage(
          new ApiException(
              ApiError.busy(
                  "too_many_requests",
                  "This router reads or writes " + FILES_AT_ONCE + " session files already.")));
    }
    return work.get().whenComplete((done, error) -> files.release());
  }

  private record Found(SessionRow row, Manifest manifest) {}

  private CompletionStage<Found> found(String session, Caller caller) {
    String name = caller.onBus(session);
    return log.current()
        .thenCompose(table -> log.manifest(name, table.find(name)))
        .thenCompose(manifest -> {
          if (manifest == null) {
            return CompletableFuture.failedStage(
                new ApiException(ApiError.sessionNotFound(session)));
          }
          SessionRow known = log.table().find(name);
          return CompletableFuture.completedStage(
              new Found(known != null ? known : log.row(name, manifest), manifest));
        });
  }
}
