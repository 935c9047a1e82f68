package dev.skein.bench.lookup;

/**
 * Replays a text that was drawn one token a step as if drafts had been checked, with the cost of a
 * step of k tokens as measured. A state cannot be cut back: when a draft was wrong, the next step
 * starts from the state before it and reads again what was right.
 */
final class Speculation {
  private final double[] stepCosts;

  /**
   * What a replay found.
   *
   * @param drawn tokens
   * @param steps that drew them
   * @param drafted tokens that were checked
   * @param accepted of them
   * @param cost of all steps, in the unit of the costs given
   * @param plainCost of one step a token
   */
  record Outcome(
      long drawn, long steps, long drafted, long accepted, double cost, double plainCost) {
    double speedup() {
      return plainCost / cost;
    }

    Outcome plus(Outcome o) {
      return new Outcome(
          drawn + o.drawn,
          steps + o.steps,
          drafted + o.drafted,
          accepted + o.accepted,
          cost + o.cost,
          plainCost + o.plainCost);
    }

    static final Outcome NOTHING = new Outcome(0, 0, 0, 0, 0, 0);
  }

  /**
   * Steps of up to {@code stepCosts.length} tokens.
   *
   * @param stepCosts of 1, 2, … tokens, logits after each of them, the copy of the state included
   */
  Speculation(double[] stepCosts) {
    this.stepCosts = stepCosts.clone();
  }

  /**
   * Replays the tokens after the prompt.
   *
   * @param prompt how many of the tokens were given
   * @param draftMax the longest draft; 0 for none
   */
  Outcome replay(int[] ids, int prompt, int draftMax) {
    int at = prompt + 1; // the first token is drawn with the prompt
    int unread = 1;
    long steps = 0;
    long drafted = 0;
    long accepted = 0;
    double cost = 0;
    while (at < ids.length) {
      int room = Math.min(stepCosts.length - unread, ids.length - 1 - at);
      int draft = draft(ids, at, Math.min(draftMax, room));
      int right = right(ids, at, draft);
      cost += stepCosts[unread + draft - 1];
      steps++;
      drafted += draft;
      accepted += right;
      unread = right == draft ? 1 : unread + right + 1;
      at += right + 1;
    }
    long drawn = ids.length - prompt - 1L;
    return new Outcome(drawn, steps, drafted, accepted, cost, drawn * stepCosts[0]);
  }

  private static int draft(int[] ids, int at, int max) {
    int from = max > 0 ? PromptLookup.find(ids, at) : -1;
    return from < 0 ? 0 : Math.min(max, at - from);
  }

  /** How many tokens of the draft are those that were drawn. */
  private static int right(int[] ids, int at, int draft) {
    int from = draft > 0 ? PromptLookup.find(ids, at) : 0;
    int right = 0;
    while (right < draft && ids[from + right] == ids[at + right]) {
      right++;
    }
    return right;
  }
}
