package dev.skein.worker.recovery;

import dev.skein.proto.End;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers to requests that never became a turn, as earlier owners left them in the log without
 * being done with the request. They bind like tokens: shown once, said again. Requests are named by
 * their offsets, since a request id may have been sent twice.
 */
public final class ShownAnswers {

  /**
   * One answer.
   *
   * @param session of the request
   * @param offset where it lies in {@code tokens}
   * @param committed committed readers have seen it
   */
  public record Shown(String session, End end, long offset, boolean committed) {}

  private final Map<Long, Shown> byRequest = new HashMap<>();

  /** Gathers the answers of a tail, without those to requests that are done. */
  public ShownAnswers(List<StoredEvent> tail, LongPredicate isDone) {
    for (StoredEvent stored : tail) {
      if (stored.event().getTurn() < 0 && stored.event().hasEnd()) {
        End end = stored.event().getEnd();
        long request = end.getRequestOffset();
        if (!isDone.test(request)) {
          byRequest.merge(
              request,
              new Shown(stored.event().getSession(), end, stored.offset(), stored.committed()),
              (first, again) ->
                  new Shown(
                      first.session(),
                      first.end(),
                      first.offset(),
                      first.committed() || again.committed()));
        }
      }
    }
  }

  /** What was answered to a request, or null; it stays until it is taken out. */
  public @Nullable Shown of(long request) {
    return byRequest.get(request);
  }

  /** An operation was said to be done, and is not yet: whoever does it again must not refuse it. */
  public boolean isPromised(long request) {
    Shown shown = of(request);
    return shown != null && !shown.committed() && shown.end().hasStanding();
  }

  /** Takes out what was answered to a request, or null. */
  public @Nullable Shown take(long request) {
    return byRequest.remove(request);
  }

  /** A request of this session was answered that was not taken out. */
  public boolean isOf(String session) {
    return byRequest.values().stream().anyMatch(shown -> shown.session().equals(session));
  }

  /** The lowest offset of an answer that was not taken out. */
  public long oldest() {
    return byRequest.values().stream().mapToLong(Shown::offset).min().orElse(Long.MAX_VALUE);
  }
}
