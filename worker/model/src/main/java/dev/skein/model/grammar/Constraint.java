package dev.skein.model.grammar;

import java.util.List;

/** What a generated text must be, as it is asked for; {@link Grammars} compiles it. */
public sealed interface Constraint {

  /**
   * JSON that a schema allows; which schemas, is told by {@code dev.skein.model.grammar.schema}.
   */
  record JsonSchema(String schema) implements Constraint {}

  /** A text that a regular expression matches from its beginning to its end. */
  record Regex(String regex) implements Constraint {}

  /** One of these texts. */
  record Choices(List<String> texts) implements Constraint {
    public Choices {
      texts = List.copyOf(texts);
    }
  }

  /** A text that the rule {@code root} of a GBNF grammar describes. */
  record Gbnf(String grammar) implements Constraint {}

  /** Any JSON object. */
  record JsonObject() implements Constraint {}
}
