package dev.skein.worker.shard;

import dev.skein.engine.GenerationEnd;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.End;
import dev.skein.proto.Request;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes down what turns add to their sessions, so that a session can be run again up to any of
 * them. A turn's record is found from an offset at or below it, which its session remembers.
 */
final class Transcripts {

  private final Workings shard;
  private final boolean enabled;
  private long end;

  /**
   * @param from an offset at or below whatever is written from now on
   */
  Transcripts(Workings shard, long from) {
    this.shard = shard;
    this.enabled = shard.limits().keeping().transcripts();
    this.end = from;
  }

  /** A record was acknowledged. */
  void acknowledged(long offset) {
    end = Math.max(end, offset + 1);
  }

  /** An offset at or below whatever is written from now on. */
  long end() {
    return end;
  }

  /** A turn has ended: its session stands where it stands, and its transcript is written. */
  void ended(Session session, Turn turn, GenerationEnd ended, End end) {
    if (session.ephemeral || ended.state() == null) {
      shard.sessions().changing(session, () -> session.apply(turn, ended, -1));
      return;
    }
    TurnRef parent = session.here().head();
    int[] drawn = turn.keptIds(ended);
    String text = text(turn.model(), drawn);
    exchange(session.messages, turn, text);
    long from = enabled ? this.end : -1;
    shard.sessions().changing(session, () -> session.apply(turn, ended, from));
    TurnRef head = session.here().head();
    if (!enabled || head == null) {
      return;
    }
    Request asked = turn.record().request();
    Transcript.Builder transcript =
        Transcript.newBuilder()
            .setSession(session.id)
            .setTurn(turn.number())
            .setRequestId(turn.record().requestId())
            .setKind(asked.getKind())
            .addAllMessages(asked.getMessagesList())
            .setPromptText(asked.getPrompt())
            .setText(text)
            .setSeed(turn.plan().seed())
            .setFinishReason(end.getFinishReason())
            .setLogTimeMs(turn.record().logTimeMs())
            .setChain(head.getChain())
            .setTokensRead(head.getTokensRead());
    TurnRef forgotten = session.origin().anew().after();
    if (parent != null) {
      transcript.setParent(parent);
    } else if (forgotten != null) {
      transcript.setAnewAfter(forgotten);
    }
    for (int id : turn.plan().prompt()) {
      transcript.addPrompt(id);
    }
    for (int id : drawn) {
      transcript.addDrawn(id);
    }
    shard.effects().accept(new Effect.StoreTranscript(transcript.build()));
  }

  private static void exchange(MessageChain chain, Turn turn, String text) {
    Request asked = turn.record().request();
    List<ChatMessage> messages = asked.getMessagesList();
    for (ChatMessage message : messages.subList(turn.plan().known(), messages.size())) {
      chain.add(message.getRole(), message.getContent());
    }
    if (asked.getMessagesCount() == 0) {
      chain.add("text", text(turn.model(), turn.plan().prompt()));
    }
    if (turn.plan().maxTokens() > 0) {
      chain.add("assistant", text);
    }
  }

  private static String text(ServedModel model, int[] ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      bytes.writeBytes(model.tokenizer().bytes(id));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
