package dev.skein.model.grammar;

import dev.skein.model.grammar.form.Expression;
import dev.skein.model.grammar.form.GbnfReader;
import dev.skein.model.grammar.form.RegexReader;
import dev.skein.model.grammar.form.Rules;
import dev.skein.model.grammar.schema.JsonSchemaReader;
import dev.skein.model.text.Tokenizer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compiles constraints for one vocabulary and keeps those that were used last. Thread-safe. */
public final class Grammars {
  private static final int KEPT_MAX = 16;

  private final Tokenizer tokenizer;
  private final int vocabulary;
  private volatile @Nullable TokenTrie trie;
  private final Map<Constraint, Grammar> kept = Collections.synchronizedMap(new Kept());

  /**
   * @param vocabulary ids that the model draws are below this
   */
  public Grammars(Tokenizer tokenizer, int vocabulary) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
  }

  /** The constraint that was used longest ago is dropped first. */
  private static final class Kept extends LinkedHashMap<Constraint, Grammar> {
    private static final long serialVersionUID = 1;

    Kept() {
      super(2 * KEPT_MAX, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Constraint, Grammar> eldest) {
      return size() > KEPT_MAX;
    }
  }

  /**
   * The compiled constraint.
   *
   * @throws IllegalArgumentException if it is wrong, too large, or no text can keep it; one
   *     sentence that names the place
   */
  public Grammar compile(Constraint constraint) {
    Grammar known = kept.get(constraint);
    if (known == null) {
      known = Grammar.compile(rules(constraint), trie());
      kept.put(constraint, known);
    }
    return known;
  }

  private TokenTrie trie() {
    TokenTrie known = trie;
    if (known == null) {
      known = new TokenTrie(tokenizer, vocabulary);
      trie = known;
    }
    return known;
  }

  private static Rules rules(Constraint constraint) {
    return switch (constraint) {
      case Constraint.JsonSchema(String schema) -> JsonSchemaReader.read(schema);
      case Constraint.JsonObject() -> JsonSchemaReader.read("{\"type\":\"object\"}");
      case Constraint.Regex(String regex) -> Rules.of(RegexReader.matched(regex));
      case Constraint.Gbnf(String grammar) -> GbnfReader.read(grammar);
      case Constraint.Choices choices ->
          Rules.of(Expression.choice(choices.texts().stream().map(Expression::text).toList()));
    };
  }
}
