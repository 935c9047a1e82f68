package dev.skein.router.openai;

import dev.skein.router.openai.ReplyPart.Arguments;
import dev.skein.router.openai.ReplyPart.Call;
import dev.skein.router.openai.ReplyPart.Content;
import dev.skein.router.openai.ReplyPart.Reasoning;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads one choice's text as it comes: thoughts, then either a call of a function or the answer.
 * Holds back only what may still become the one or the other.
 */
public final class ReplyReader {
  private static final String THINK = "<think>";
  private static final String THOUGHT = "</think>";
  private static final Pattern CALL =
      Pattern.compile(
          "\\s*\\{\\s*\"name\"\\s*:\\s*\"([^\"\\\\]*)\"\\s*,\\s*\"(?:arguments|parameters)\"\\s*:\\s*");

  private enum State {
    BEGINNING,
    THINKING,
    AFTER_THOUGHT,
    MAYBE_CALL,
    ARGUMENTS,
    AFTER_CALL,
    CONTENT
  }

  private final ReplyForm form;
  private final StringBuilder held = new StringBuilder();
  private State state;
  private int depth;
  private boolean quoted;
  private boolean escaped;
  private boolean called;

  public ReplyReader(ReplyForm form) {
    this.form = form;
    this.state = form.thinks() ? State.THINKING : form.chat() ? State.BEGINNING : answer();
  }

  private State answer() {
    return form.tools().isEmpty() ? State.CONTENT : State.MAYBE_CALL;
  }

  /** A reader that takes everything for text of the answer: its beginning was read by another. */
  static ReplyReader inTheMiddle() {
    return new ReplyReader(ReplyForm.TEXT);
  }

  /** Whether the reply turned out to be the call of a function. */
  boolean called() {
    return called;
  }

  /** Whether the reply is in the middle of a thought. */
  public boolean thinking() {
    return state == State.THINKING;
  }

  /** Takes the next characters; {@code last} says that none will follow. */
  public List<ReplyPart> read(String text, boolean last) {
    List<ReplyPart> parts = new ArrayList<>(1);
    held.append(text);
    boolean moved = true;
    while (moved) {
      moved = step(parts, last);
    }
    return parts;
  }

  /** Does what can be done in the present state; true if the state has changed. */
  private boolean step(List<ReplyPart> parts, boolean last) {
    return switch (state) {
      case BEGINNING -> begin(last);
      case THINKING -> think(parts, last);
      case AFTER_THOUGHT -> afterThought(last);
      case MAYBE_CALL -> maybeCall(parts, last);
      case ARGUMENTS -> arguments(parts);
      case AFTER_CALL -> {
        held.setLength(0);
        yield false;
      }
      case CONTENT -> {
        if (!held.isEmpty()) {
          parts.add(new Content(take(held.length())));
        }
        yield false;
      }
    };
  }

  private String take(int count) {
    String taken = held.substring(0, count);
    held.delete(0, count);
    return taken;
  }

  private boolean begin(boolean last) {
    String seen = held.toString().stripLeading();
    if (seen.startsWith(THINK)) {
      take(held.indexOf(THINK) + THINK.length());
      state = State.THINKING;
      return true;
    }
    if (!last && (held.isEmpty() || (THINK.startsWith(seen) && held.length() < 16))) {
      return false;
    }
    if (held.indexOf(" ") == 0) {
      take(1);
    }
    state = answer();
    return true;
  }

  private boolean think(List<ReplyPart> parts, boolean last) {
    // The layout asked for a thought with an open tag, which the model closes first.
    if (held.indexOf(">") == 0 && form.thinks()) {
      take(1);
    }
    int end = held.indexOf(THOUGHT);
    int certain = end >= 0 ? end : last ? held.length() : held.length() - overlap();
    if (certain > 0) {
      parts.add(new Reasoning(take(certain)));
    }
    if (end < 0) {
      return false;
    }
    take(THOUGHT.length());
    state = State.AFTER_THOUGHT;
    return true;
  }

  /** How many of the last characters may begin the tag that ends a thought. */
  private int overlap() {
    for (int n = Math.min(THOUGHT.length() - 1, held.length()); n > 0; n--) {
      if (THOUGHT.startsWith(held.substring(held.length() - n))) {
        return n;
      }
    }
    return 0;
  }

  private boolean afterThought(boolean last) {
    int blank = 0;
    while (blank < held.length() && Character.isWhitespace(held.charAt(blank))) {
      blank++;
    }
    take(blank);
    if (held.isEmpty() && !last) {
      return false;
    }
    state = answer();
    return true;
  }

  @SuppressWarnings("JdkObsolete") // a stream is read, which is what hitEnd is for
  private boolean maybeCall(List<ReplyPart> parts, boolean last) {
    Matcher call = CALL.matcher(held);
    if (call.lookingAt() && call.end() < held.length()) {
      String name = call.group(1);
      if (form.tools().contains(name) && held.charAt(call.end()) == '{') {
        take(call.end());
        called = true;
        parts.add(new Call(name));
        state = State.ARGUMENTS;
        return true;
      }
    } else if (!last && (call.hitEnd() || call.lookingAt())) {
      return false;
    }
    state = State.CONTENT;
    return true;
  }

  private boolean arguments(List<ReplyPart> parts) {
    int at = 0;
    while (at < held.length() && state == State.ARGUMENTS) {
      follow(held.charAt(at++));
    }
    if (at > 0) {
      parts.add(new Arguments(take(at)));
    }
    return state == State.AFTER_CALL;
  }

  /** The arguments end where their first brace is closed. */
  private void follow(char c) {
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      state = State.AFTER_CALL;
    }
  }
}
