package dev.skein.router.openai;

/** What a piece of a reply is to its client. */
public sealed interface ReplyPart {

  /** Text of the answer. */
  record Content(String text) implements ReplyPart {}

  /** What the model thought before it answered. */
  record Reasoning(String text) implements ReplyPart {}

  /** The model calls a function; its arguments follow. */
  record Call(String name) implements ReplyPart {}

  /** The next characters of the arguments of the call, which are JSON. */
  record Arguments(String text) implements ReplyPart {}
}
