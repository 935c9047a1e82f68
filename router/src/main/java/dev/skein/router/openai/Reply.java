package dev.skein.router.openai;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parts of a reply, put together: of all of it, or of one chunk. */
final class Reply {
  private final StringBuilder content = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final StringBuilder arguments = new StringBuilder();
  private @Nullable String called;

  Reply add(List<ReplyPart> parts) {
    for (ReplyPart part : parts) {
      switch (part) {
        case ReplyPart.Content text -> content.append(text.text());
        case ReplyPart.Reasoning thought -> reasoning.append(thought.text());
        case ReplyPart.Call call -> called = call.name();
        case ReplyPart.Arguments more -> arguments.append(more.text());
      }
    }
    return this;
  }

  String content() {
    return content.toString();
  }

  String reasoning() {
    return reasoning.toString();
  }

  /** Name of the function that is called, or null. */
  @Nullable String called() {
    return called;
  }

  /** The call's arguments, as JSON. */
  String arguments() {
    return arguments.toString();
  }

  /** Whether anything of it belongs to a call. */
  boolean speaksOfCall() {
    return called != null || !arguments.isEmpty();
  }
}
