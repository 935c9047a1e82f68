package dev.skein.simulation;

import java.util.ArrayList;
import java.util.List;

/** A turn as committed readers have seen it so far. */
final class TurnLog {

  private final String session;
  private final int number;
  private final String requestId;
  private final List<Integer> tokens = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private boolean ended;

  TurnLog(String session, int number, String requestId) {
    this.session = session;
    this.number = number;
    this.requestId = requestId;
  }

  String session() {
    return session;
  }

  int number() {
    return number;
  }

  String requestId() {
    return requestId;
  }

  List<Integer> tokens() {
    return tokens;
  }

  String text() {
    return text.toString();
  }

  void add(int index, int token, String piece) {
    BrokenPromise.unless(!ended, "each token once: %s goes on after its end", this);
    BrokenPromise.unless(
        index == tokens.size(),
        "each token once: committed readers of %s see index %d after %d tokens",
        this,
        index,
        tokens.size());
    tokens.add(token);
    text.append(piece);
  }

  void end() {
    BrokenPromise.unless(!ended, "%s ends twice", this);
    ended = true;
  }

  boolean hasEnded() {
    return ended;
  }

  @Override
  public String toString() {
    return "turn %d of %s (request %s)".formatted(number, session, requestId);
  }
}
