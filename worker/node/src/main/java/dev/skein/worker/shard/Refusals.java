package dev.skein.worker.shard;

import dev.skein.proto.End;
import dev.skein.proto.UnfinishedTurn;
import dev.skein.worker.recovery.Witness;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ends what cannot be run here. A request of which nothing was shown is answered and is no turn; a
 * turn that an earlier owner began keeps its number and what was shown of it, and its end follows
 * that.
 */
final class Refusals {

  private final Workings shard;
  private final Announcements announcements;
  private final Checkpoints checkpoints;
  private final Replies replies;

  Refusals(Workings shard, Checkpoints checkpoints, Replies replies) {
    this.shard = shard;
    this.announcements = new Announcements(shard);
    this.checkpoints = checkpoints;
    this.replies = replies;
  }

  /**
   * Refuses the next request of an idle session; the session stands where it stood.
   *
   * @param left as which its turn was stored in its middle, or null
   */
  void refuse(
      Session session, RequestRecord request, @Nullable UnfinishedTurn left, Rejection why) {
    List<@Nullable Witness> witnesses = TurnRules.witnesses(shard.witnesses(), request);
    shard.sessions().changing(session, session::goBack);
    Begun begun = Begun.of(request, session.nextTurn(), left, witnesses);
    if (begun == null) {
      replies.answer(request, Answers.failure(why));
    } else {
      end(session, begun, why);
    }
  }

  private void end(Session session, Begun turn, Rejection why) {
    End decided = turn.decided();
    announcements.known(turn);
    announcements.ended(
        turn, decided != null ? decided : Answers.after(turn, Answers.failure(why)));
    session.close(turn);
    if (!session.ephemeral) {
      checkpoints.writeHead(session);
    }
    shard.counts().turns++;
    replies.finish(turn.record());
  }
}
