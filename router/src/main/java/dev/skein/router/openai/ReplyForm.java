package dev.skein.router.openai;

import java.util.List;

/**
 * How a reply's text is to be read.
 *
 * @param chat whether it is a chat's free answer: the layout ends with the speaker's colon, so the
 *     reply begins with the space after it, which is not part of the answer, or with a thought. An
 *     answer under a constraint is what the constraint says, from its first character on
 * @param thinks whether the reply begins in the middle of a thought
 * @param tools names of the functions that the model may call; a call is {@code {"name":…,
 *     "arguments":{…}}} and nothing else
 */
public record ReplyForm(boolean chat, boolean thinks, List<String> tools) {
  /** Everything is text. */
  public static final ReplyForm TEXT = new ReplyForm(false, false, List.of());

  /** A chat without functions. */
  public static final ReplyForm CHAT = new ReplyForm(true, false, List.of());

  public ReplyForm {
    tools = List.copyOf(tools);
  }

  /** The form of an answer in a chat. */
  public static ReplyForm chat(boolean constrained, List<String> tools) {
    return new ReplyForm(!constrained, false, tools);
  }

  /** The same form of a chat whose answer begins in the middle of a thought, or does not. */
  public ReplyForm thinking(boolean begins) {
    return new ReplyForm(chat, chat && begins, tools);
  }
}
