package dev.skein.store;

import dev.skein.proto.BadRecordException;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEventCodec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Of a whole log of tokens, the events that may belong to requests that are not done. */
final class OpenEvents implements ShardLog.Visitor {
  private final ShardRecord record;
  private final Set<Long> finished;
  private final Set<String> open = new HashSet<>();
  private final List<LogRecord> kept = new ArrayList<>();

  OpenEvents(ShardRecord record) {
    this.record = record;
    this.finished = new HashSet<>(record.getFinishedList());
    for (OpenTurn turn : record.getOpenTurnsList()) {
      open.add(key(turn.getSession(), turn.getRequestId()));
    }
  }

  private static String key(String session, String requestId) {
    return session + '\0' + requestId;
  }

  @Override
  public void visit(LogRecord found) {
    byte[] value = found.value();
    try {
      if (value != null && isOpen(TokenEventCodec.decode(value))) {
        kept.add(found);
      }
    } catch (BadRecordException e) {
      // Nobody of us wrote it: no turn is missing it.
      return;
    }
  }

  private boolean isOpen(TokenEvent event) {
    String key = key(event.getSession(), event.getRequestId());
    if (event.hasStarted() && isUndone(event.getStarted().getRequestOffset())) {
      open.add(key);
    }
    boolean isAnswer = event.hasEnd() && event.getEnd().getRequestOffset() > 0;
    return open.contains(key) || (isAnswer && isUndone(event.getEnd().getRequestOffset()));
  }

  private boolean isUndone(long request) {
    return request >= record.getWatermark() && !finished.contains(request);
  }

  List<LogRecord> kept() {
    return kept;
  }
}
