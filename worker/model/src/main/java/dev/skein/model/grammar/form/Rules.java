package dev.skein.model.grammar.form;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Named expressions that refer to each other; the first one says what the whole text must be. */
public final class Rules {
  private final List<String> names = new ArrayList<>();
  private final List<@Nullable Expression> bodies = new ArrayList<>();

  /** Rules that consist of one expression. */
  public static Rules of(Expression expression) {
    Rules rules = new Rules();
    rules.define(rules.declare("root"), expression);
    return rules;
  }

  /** Makes a rule without a body; returns its number. */
  public int declare(String name) {
    names.add(name);
    bodies.add(null);
    return names.size() - 1;
  }

  public void define(int rule, Expression body) {
    bodies.set(rule, body);
  }

  public boolean isDefined(int rule) {
    return bodies.get(rule) != null;
  }

  public Expression body(int rule) {
    Expression body = bodies.get(rule);
    if (body == null) {
      throw new IllegalStateException("rule " + names.get(rule) + " was never defined");
    }
    return body;
  }

  public String name(int rule) {
    return names.get(rule);
  }

  public int size() {
    return names.size();
  }
}
