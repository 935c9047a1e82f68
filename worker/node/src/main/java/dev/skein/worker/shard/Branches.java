package dev.skein.worker.shard;

import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.proto.Token;
import dev.skein.worker.recovery.Witness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the engine runs for one turn. A turn of one choice is one generation. For a turn of several
 * the prompt is read once, up to its last token, and every choice goes on from that state; each has
 * a witness of its own. The turn is over when all of its choices are, so the end of choice 0, which
 * is the turn's, is the last that is told.
 */
final class Branches {

  private final @Nullable Generation head;
  private final @Nullable Witness[] witnesses;
  private final @Nullable Generation[] choices;
  private final @Nullable GenerationEnd[] ends;
  private final boolean[] sent;
  private boolean headSent;

  /**
   * @param whole choice 0 from the turn's beginning to its end
   * @param witnesses what the log knows of each choice; that of choice 0 is in {@code whole}
   *     already
   */
  Branches(Generation whole, List<@Nullable Witness> witnesses) {
    int count = witnesses.size();
    this.witnesses = witnesses.toArray(new @Nullable Witness[0]);
    this.choices = new @Nullable Generation[count];
    this.ends = new @Nullable GenerationEnd[count];
    this.sent = new boolean[count];
    int[] prompt = whole.prompt();
    if (count == 1) {
      head = null;
      choices[0] = whole;
    } else if (prompt.length > 1) {
      head =
          whole.toBuilder()
              .prompt(Arrays.copyOf(prompt, prompt.length - 1))
              .drawn()
              .maxTokens(0)
              .logprobs(-1)
              .guidance(null)
              .keepState(true)
              .build();
      choices[0] = whole;
    } else {
      head = null;
      fork(whole, whole.start());
    }
  }

  private void fork(Generation whole, @Nullable SessionState from) {
    int[] prompt = whole.prompt();
    for (int i = 0; i < choices.length; i++) {
      Generation.Builder choice =
          whole.toBuilder()
              .start(from)
              .prompt(Arrays.copyOfRange(prompt, prompt.length - 1, prompt.length))
              .choice(i);
      Witness witness = witnesses[i];
      if (i > 0) {
        choice.keepState(false).drawn(ids(witness));
        if (witness != null && witness.end() != null) {
          choice.maxTokens(witness.size());
        }
      }
      choices[i] = choice.build();
    }
  }

  private static int[] ids(@Nullable Witness witness) {
    return witness == null
        ? new int[0]
        : witness.tokensFrom(0).stream().mapToInt(Token::getId).toArray();
  }

  /** Whether the prompt of several choices is still being read. */
  boolean isBefore() {
    return head != null && choices[choices.length - 1] == null;
  }

  /** If this is the end of the prompt that several choices share, they may begin. */
  boolean forks(GenerationEnd end) {
    SessionState read = end.state();
    Generation whole = choices[0];
    if (!isBefore() || read == null || whole == null || end.reason() != FinishReason.LENGTH) {
      return false;
    }
    fork(whole, read);
    return true;
  }

  /** Whether something is to be handed to the engine. */
  boolean hasUnsent() {
    boolean all = isBefore() ? headSent : true;
    for (int i = 0; i < sent.length && !isBefore(); i++) {
      all &= sent[i];
    }
    return !all;
  }

  /** What is to be handed to the engine now; it counts as handed over. */
  List<Generation> takeUnsent() {
    List<Generation> unsent = new ArrayList<>();
    if (isBefore()) {
      if (head != null && !headSent) {
        unsent.add(head);
      }
      headSent = true;
      return unsent;
    }
    for (int i = 0; i < choices.length; i++) {
      Generation choice = choices[i];
      if (choice != null && !sent[i]) {
        unsent.add(choice);
      }
      sent[i] = true;
    }
    return unsent;
  }

  /** The engine had no room for it. */
  void refused(int choice) {
    if (isBefore()) {
      headSent = false;
    } else {
      sent[choice] = false;
    }
  }

  /** What the engine has not ended. */
  List<Generation> running() {
    List<Generation> running = new ArrayList<>();
    if (isBefore()) {
      if (head != null) {
        running.add(head);
      }
      return running;
    }
    for (int i = 0; i < choices.length; i++) {
      Generation choice = choices[i];
      if (choice != null && ends[i] == null) {
        running.add(choice);
      }
    }
    return running;
  }

  /** A choice has ended, or the prompt failed; returns how choice 0 ended if all is over now. */
  @Nullable GenerationEnd ended(int choice, GenerationEnd end) {
    if (isBefore()) {
      return end;
    }
    ends[choice] = end;
    return Arrays.stream(ends).allMatch(Objects::nonNull) ? ends[0] : null;
  }
}
