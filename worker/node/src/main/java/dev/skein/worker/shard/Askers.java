package dev.skein.worker.shard;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who asked last for the turns of a session that run or wait. A client that goes from one router to
 * another asks for its turn again; the first router's saying that the client has left must not end
 * the turn then.
 */
final class Askers {

  private final Session session;

  /** Where the session's line does not tell it; "": nobody to whom is pushed. */
  private final Map<String, String> last = new HashMap<>();

  Askers(Session session) {
    this.session = session;
  }

  /** Whether a turn of this request runs or waits. */
  boolean isUnderWay(String requestId) {
    Turn turn = session.turn;
    return (turn != null && turn.record().requestId().equals(requestId))
        || session.waiting.hasOf(request -> request.requestId().equals(requestId));
  }

  /** A request was read that is not in the session's line yet. */
  void asked(RequestRecord request) {
    if (isUnderWay(request.requestId())) {
      waitsAt(request.requestId(), request.push());
    } else {
      last.remove(request.requestId());
    }
  }

  /**
   * From now on this router waits for a turn that runs or waits; null: somebody who reads Kafka.
   */
  void waitsAt(String requestId, @Nullable String router) {
    last.keySet().removeIf(id -> !isUnderWay(id));
    last.put(requestId, router == null ? "" : router);
  }

  /** Whether a router's leaving ends the turn of a request; an empty one stands for all. */
  boolean isLast(RequestRecord request, String router) {
    return router.isEmpty() || router.equals(newest(request));
  }

  /** Who asked last for the turn of a request. */
  String newest(RequestRecord request) {
    String known = last.get(request.requestId());
    if (known != null) {
      return known;
    }
    List<RequestRecord> again =
        session.waiting.allOf(queued -> queued.requestId().equals(request.requestId()));
    String push = (again.isEmpty() ? request : again.getLast()).push();
    return push == null ? "" : push;
  }
}
