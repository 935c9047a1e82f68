package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.worker.recovery.ShownAnswers;
import java.util.function.Consumer;

/** Says what became of requests that do not become turns, and is done with requests. */
final class Replies {

  private final Workings shard;
  private final Announcements announcements;
  private final Consumer<RequestRecord> done;
  private Runnable onCleared = () -> {};

  /**
   * @param done told of every request that needs no further thought
   */
  Replies(Workings shard, Consumer<RequestRecord> done) {
    this.shard = shard;
    this.announcements = new Announcements(shard);
    this.done = done;
  }

  /** Called when a suspect is out of the way of those that waited for it. */
  void onCleared(Runnable letIn) {
    onCleared = letIn;
  }

  /** Answers a request that does not become a turn. */
  void answer(RequestRecord request, End end) {
    announcements.answered(request, end);
    finish(request);
  }

  /** An earlier owner has answered this; committed readers may not have seen it. */
  void repeat(RequestRecord request, ShownAnswers.Shown shown) {
    if (shown.committed()) {
      finish(request);
    } else {
      answer(request, shown.end());
    }
  }

  /** The request needs no further thought; its answer, if any, was given or will be. */
  void finish(RequestRecord request) {
    done.accept(request);
    clear(request);
  }

  /** The request's turn goes on from a stored snapshot; nobody need read the request again. */
  void stored(RequestRecord request) {
    done.accept(request);
  }

  /** The request does not stand in the way of others any more. */
  void clear(RequestRecord request) {
    if (shard.isolation().cleared(request.offset())) {
      onCleared.run();
    }
  }
}
