package dev.skein.router.http;

import dev.skein.proto.BadRecordException;
import dev.skein.proto.SessionFile;
import dev.skein.proto.SessionId;
import dev.skein.router.admission.Caller;
import dev.skein.router.http.SessionActions.Done;
import dev.skein.router.http.SessionPath.Operation;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.sessions.Pool.Found;
import dev.skein.router.sessions.Pools;
import dev.skein.router.sessions.SessionJson;
import dev.skein.router.sessions.SessionLog.SnapshotGoneException;
import dev.skein.router.sessions.SessionLog.TurnRange;
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
  private final Pools pools;
  private final SessionActions actions;
  private final Semaphore files = new Semaphore(FILES_AT_ONCE);

  SessionsRoute(ActorSystem<?> system, Pools pools, SessionActions actions) {
    this.system = system;
    this.pools = pools;
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
        return asked(
            request,
            CompletableFuture.completedStage(
                Responses.nothingThere(
                    request, "/v1/sessions", operations.stream().map(Operation::method).toList())));
      }
      if (wanted.ofOne()) {
        SessionId.check(path.session());
      }
      return answer(wanted, path.session(), request, connection);
    } catch (BadRecordException e) {
      ApiError error = ApiError.invalid(null, "id", String.valueOf(e.getMessage()));
      return asked(request, CompletableFuture.completedStage(Responses.error(error)));
    } catch (ApiException e) {
      return asked(request, CompletableFuture.completedStage(Responses.error(e.error())));
    }
  }

  private CompletionStage<HttpResponse> answer(
      Operation operation, String session, HttpRequest request, Connection connection)
      throws ApiException {
    Caller caller = connection.caller();
    SessionQuery query = new SessionQuery(request);
    Pools among = query.pools(pools);
    return switch (operation) {
      case LIST -> asked(request, list(among, query, caller));
      case SHOW -> asked(request, show(among, session, caller));
      case TRANSCRIPT -> asked(request, transcript(among, session, query, caller));
      case EXPORT -> asked(request, holding(() -> export(among, session, caller)));
      case DELETE -> asked(request, actions.delete(session, query, connection));
      case FORK ->
          actions.fork(session, query, request, connection).thenCompose(done -> show(done, caller));
      case REWIND ->
          actions
              .rewind(session, query, request, connection)
              .thenCompose(done -> show(done, caller));
      case IMPORT ->
          holding(() ->
              actions.load(query, request, connection).thenCompose(done -> show(done, caller)));
    };
  }

  private CompletionStage<HttpResponse> asked(
      HttpRequest request, CompletionStage<HttpResponse> answer) {
    return UnwantedBody.readBefore(answer, request, system);
  }

  private static CompletionStage<HttpResponse> list(Pools among, SessionQuery query, Caller caller)
      throws ApiException {
    int limit = query.number("limit", 1, PAGE_MAX, PAGE);
    String after = query.text("after");
    return among
        .page(caller.prefix(), caller.onBus(after == null ? "" : after), limit)
        .thenApply(page -> Responses.json(200, SessionJson.list(page, caller)));
  }

  private static CompletionStage<HttpResponse> show(Pools among, String session, Caller caller) {
    return found(among, session, caller)
        .thenApply(found -> Responses.json(200, SessionJson.whole(found, caller)));
  }

  private static CompletionStage<HttpResponse> show(Done done, Caller caller) {
    return show(new Pools(List.of(done.pool())), done.session(), caller);
  }

  private static CompletionStage<HttpResponse> transcript(
      Pools among, String session, SessionQuery query, Caller caller) throws ApiException {
    int limit = query.number("limit", 1, PAGE_MAX, TURNS);
    String before = query.text("before");
    Integer below = before == null ? null : query.number("before", 0, Integer.MAX_VALUE, 0);
    boolean tokens = "true".equals(query.text("tokens"));
    return found(among, session, caller)
        .thenCompose(found ->
            found
                .pool()
                .sessions()
                .turns(found.manifest(), caller.prefix(), new TurnRange(below, limit)))
        .thenApply(turns -> Responses.json(200, TranscriptJson.of(session, turns, tokens, caller)));
  }

  private static CompletionStage<HttpResponse> export(Pools among, String session, Caller caller) {
    return found(among, session, caller)
        .thenCompose(found -> snapshot(found, caller, true))
        .thenApply(file -> Responses.file(file.write(), "session.skein"));
  }

  /** A snapshot that went while it was read has a successor, which a newer manifest names. */
  private static CompletionStage<SessionFile> snapshot(Found found, Caller caller, boolean again) {
    String name = found.row().name();
    return found
        .pool()
        .sessions()
        .snapshot(name, found.manifest())
        .thenApply(bytes -> SessionFile.of(caller.own(name), found.manifest(), bytes))
        .exceptionallyCompose(error -> {
          if (!(cause(error) instanceof SnapshotGoneException gone)) {
            return CompletableFuture.failedStage(error);
          }
          if (again) {
            return found(new Pools(List.of(found.pool())), caller.own(name), caller)
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

  private static CompletionStage<Found> found(Pools among, String session, Caller caller) {
    return among
        .find(caller.onBus(session))
        .thenCompose(found ->
            found == null
                ? CompletableFuture.failedStage(new ApiException(ApiError.sessionNotFound(session)))
                : CompletableFuture.completedStage(found));
  }
}
