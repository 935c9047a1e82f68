package dev.skein.router.delivery;

import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.Indexed;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The order of one answer. Events of a turn may come twice (a new owner pushes again what its
 * predecessor had pushed) and early (two owners' pushes overtake each other); this lets each
 * (choice, index) through once and the indices of a choice in order. What comes early waits for the
 * gap before it to be filled, a bounded number of events long. Pure: no clock, no threads.
 */
public final class TokenStream {
  private final Choice[] choices;
  private final int earlyMax;
  private int early;
  private int open;

  /**
   * @param choices how many choices the turn has
   * @param earlyMax how many events may wait for a gap to be filled
   */
  public TokenStream(int choices, int earlyMax) {
    this.choices = new Choice[choices];
    for (int i = 0; i < choices; i++) {
      this.choices[i] = new Choice();
    }
    this.earlyMax = earlyMax;
    this.open = choices;
  }

  /**
   * One choice of which a client has everything up to an index. Should that have been the end, it
   * is over when the end is seen again.
   */
  static TokenStream after(int index, int earlyMax) {
    TokenStream stream = new TokenStream(1, earlyMax);
    stream.choices[0].next = index + 1;
    return stream;
  }

  /**
   * Takes an event and returns those that may be shown now: none if it was seen before or is early,
   * several if it fills a gap.
   *
   * @throws GapException if more events would wait for a gap than may
   */
  public List<Indexed> accept(Indexed event) throws GapException {
    if (event.choice() < 0 || event.choice() >= choices.length) {
      return List.of();
    }
    Choice choice = choices[event.choice()];
    if (choice.ended || event.index() < choice.next) {
      if (!choice.ended && event instanceof ChoiceEnd && event.index() == choice.next - 1) {
        end(choice);
      }
      return List.of();
    }
    if (event.index() > choice.next) {
      holdBack(choice, event);
      return List.of();
    }
    List<Indexed> released = new ArrayList<>(1);
    release(choice, event, released);
    return released;
  }

  private void holdBack(Choice choice, Indexed event) throws GapException {
    if (choice.early.putIfAbsent(event.index(), event) == null && ++early > earlyMax) {
      throw new GapException(event.choice(), choice.next);
    }
  }

  private void release(Choice choice, Indexed first, List<Indexed> released) {
    @Nullable Indexed event = first;
    while (event != null) {
      released.add(event);
      choice.next++;
      if (event instanceof ChoiceEnd) {
        end(choice);
        return;
      }
      event = choice.early.remove(choice.next);
      if (event != null) {
        early--;
      }
    }
  }

  private void end(Choice choice) {
    choice.ended = true;
    open--;
    early -= choice.early.size();
    choice.early.clear();
  }

  /** Whether every choice has ended. */
  public boolean complete() {
    return open == 0;
  }

  /** Drops what waits for a gap to be filled, as if it had not come. */
  public void forget() {
    for (Choice choice : choices) {
      choice.early.clear();
    }
    early = 0;
  }

  /** The number of events that wait for a gap before them to be filled. */
  public int early() {
    return early;
  }

  private static final class Choice {
    private final TreeMap<Integer, Indexed> early = new TreeMap<>();
    private int next;
    private boolean ended;
  }

  /** Events of an answer are missing, and too many came after them. */
  public static final class GapException extends Exception {
    GapException(int choice, int index) {
      super("the events of choice " + choice + " from index " + index + " on are missing");
    }
  }
}
