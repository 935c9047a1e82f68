package dev.skein.engine;

import dev.skein.model.grammar.Grammar;

/**
 * The form that a generation's text must have.
 *
 * @param grammar the form
 * @param budget tokens within which the text must be whole; a generation that is cut off earlier,
 *     because its log says so, still draws as if it had them all
 */
public record Guidance(Grammar grammar, int budget) {

  /**
   * Refuses a budget in which no text fits; {@link IllegalArgumentException} says what it takes.
   */
  public Guidance {
    if (grammar.shortest() > budget) {
      throw new IllegalArgumentException(
          "max_tokens is %d, but the shortest text that keeps the constraint takes up to %d tokens."
              .formatted(budget, grammar.shortest()));
    }
  }
}
