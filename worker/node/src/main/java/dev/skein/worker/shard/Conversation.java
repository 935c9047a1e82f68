package dev.skein.worker.shard;

import dev.skein.proto.ChatMessage;
import dev.skein.proto.Request;
import dev.skein.proto.TurnRef;
import java.util.List;

/**
 * Which messages of a request are new to its session. A request holds the whole conversation, and
 * not only what is to be added, if there is a reply in it (role {@code assistant}), or if it has
 * several messages of which the first is the session's first: then what the session has exchanged
 * already is skipped, and anything else there is a contradiction.
 */
final class Conversation {

  private Conversation() {}

  /**
   * Index of the first new message.
   *
   * @throws Rejection if the messages contradict what the session has exchanged
   */
  static int known(Session session, Request request) throws Rejection {
    List<ChatMessage> messages = request.getMessagesList();
    int exchanged = session.messages.count();
    if (session.ephemeral || exchanged == 0 || messages.isEmpty()) {
      return 0;
    }
    int agreed = session.messages.agreed(messages);
    boolean isWhole =
        messages.stream().anyMatch(message -> message.getRole().equals("assistant"))
            || (agreed > 0 && messages.size() > 1);
    if (!isWhole) {
      return 0;
    }
    if (agreed < exchanged) {
      throw new Rejection("session_diverged", diverged(session, messages, agreed));
    }
    if (agreed == messages.size()) {
      throw new Rejection(
          "empty_prompt",
          "Session %s knows all %d messages of this conversation: add the next one."
              .formatted(session.id, agreed));
    }
    return agreed;
  }

  private static String diverged(Session session, List<ChatMessage> messages, int agreed) {
    String what =
        agreed < messages.size()
            ? "Message %d (%s) is not what session %s has exchanged there."
                .formatted(agreed, messages.get(agreed).getRole(), session.id)
            : "Session %s has exchanged more than these %d messages.".formatted(session.id, agreed);
    TurnRef end = session.history.within(agreed);
    return end == null || session.origin().isAfter(end.getTurn())
        ? what + " Begin another session with this conversation."
        : what
            + " Fork the session with parent_turn %d and send the conversation to the fork: it goes on from message %d."
                .formatted(end.getTurn(), end.getMessages());
  }
}
