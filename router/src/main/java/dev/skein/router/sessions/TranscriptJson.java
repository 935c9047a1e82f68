package dev.skein.router.sessions;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.ChatMessage;
import dev.skein.proto.Kind;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnRef;
import dev.skein.router.admission.Caller;
import dev.skein.router.sessions.SessionLog.Turns;
import java.util.List;
import java.util.Locale;

/** What was said in a session, oldest turn first. */
public final class TranscriptJson {
  private TranscriptJson() {}

  /**
   * @param tokens whether the ids stand beside the texts
   */
  public static ObjectNode of(String session, Turns turns, boolean tokens, Caller caller) {
    ObjectNode root =
        JsonNodeFactory.instance.objectNode().put("object", "list").put("session", session);
    ArrayNode data = root.putArray("data");
    for (Transcript turn : turns.turns().reversed()) {
      turn(data.addObject(), turn, tokens, caller);
    }
    return root.put("has_more", turns.more()).put("complete", turns.whole());
  }

  private static void turn(ObjectNode node, Transcript turn, boolean tokens, Caller caller) {
    node.put("object", "session.turn")
        .put("session", caller.own(turn.getSession()))
        .put("turn", Integer.toUnsignedLong(turn.getTurn()))
        .put("request_id", turn.getRequestId())
        .put("kind", word(turn.getKind()))
        .put("created_at", turn.getLogTimeMs() / 1000);
    if (turn.hasParent()) {
      TurnRef parent = turn.getParent();
      node.putObject("parent")
          .put("session", caller.own(parent.getSession()))
          .put("turn", Integer.toUnsignedLong(parent.getTurn()));
    } else {
      node.putNull("parent");
    }
    ArrayNode messages = node.putArray("messages");
    for (ChatMessage message : turn.getMessagesList()) {
      messages.addObject().put("role", message.getRole()).put("content", message.getContent());
    }
    node.put("prompt", turn.getMessagesCount() > 0 ? null : turn.getPromptText())
        .put("text", turn.getText())
        .put("finish_reason", turn.getFinishReason())
        .put("seed", Long.toUnsignedString(turn.getSeed()))
        .put("prompt_tokens", turn.getPromptCount())
        .put("completion_tokens", turn.getDrawnCount())
        .put("tokens_read", turn.getTokensRead());
    if (tokens) {
      ids(node.putArray("prompt_ids"), turn.getPromptList());
      ids(node.putArray("completion_ids"), turn.getDrawnList());
    }
  }

  private static void ids(ArrayNode array, List<Integer> ids) {
    ids.forEach(array::add);
  }

  private static String word(Kind kind) {
    return kind == Kind.UNRECOGNIZED
        ? "unknown"
        : kind.name().substring("KIND_".length()).toLowerCase(Locale.ROOT);
  }
}
