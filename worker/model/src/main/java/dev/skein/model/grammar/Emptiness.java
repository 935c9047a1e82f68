package dev.skein.model.grammar;

import dev.skein.model.grammar.form.Expression;
import dev.skein.model.grammar.form.Rules;
import java.util.BitSet;
import java.util.List;

/** Which rules the empty text fulfils, and whether one calls itself before it reads anything. */
final class Emptiness {
  private final Rules rules;
  private final boolean[] empty;

  Emptiness(Rules rules) {
    this.rules = rules;
    this.empty = new boolean[rules.size()];
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int rule = 0; rule < empty.length; rule++) {
        if (!empty[rule] && holds(rules.body(rule))) {
          empty[rule] = true;
          changed = true;
        }
      }
    }
  }

  /** Whether the empty text is one of the expression's. */
  boolean holds(Expression expression) {
    return switch (expression) {
      case Expression.Literal literal -> literal.bytes().length == 0;
      case Expression.OneByte one -> false;
      case Expression.Sequence(List<Expression> parts) -> parts.stream().allMatch(this::holds);
      case Expression.Choice(List<Expression> branches) -> branches.stream().anyMatch(this::holds);
      case Expression.Repeat(Expression body, int least, int most) -> least == 0 || holds(body);
      case Expression.Reference(int rule, boolean framed) -> empty[rule];
    };
  }

  /**
   * Refuses rules that would call themselves for ever.
   *
   * @throws IllegalArgumentException naming the rule
   */
  void refuseLeftRecursion() {
    BitSet[] leading = new BitSet[rules.size()];
    for (int rule = 0; rule < leading.length; rule++) {
      leading[rule] = new BitSet();
      collect(rules.body(rule), leading[rule]);
    }
    for (int rule = 0; rule < leading.length; rule++) {
      BitSet reached = new BitSet();
      BitSet fresh = (BitSet) leading[rule].clone();
      while (!fresh.isEmpty()) {
        int one = fresh.nextSetBit(0);
        fresh.clear(one);
        reached.set(one);
        BitSet more = (BitSet) leading[one].clone();
        more.andNot(reached);
        fresh.or(more);
      }
      if (reached.get(rule)) {
        throw new IllegalArgumentException(
            "The rule %s calls itself before it reads anything: turn it round, so that what repeats comes first."
                .formatted(rules.name(rule)));
      }
    }
  }

  private void collect(Expression expression, BitSet leading) {
    switch (expression) {
      case Expression.Sequence(List<Expression> parts) -> {
        for (Expression part : parts) {
          collect(part, leading);
          if (!holds(part)) {
            return;
          }
        }
      }
      case Expression.Choice(List<Expression> branches) ->
          branches.forEach(branch -> collect(branch, leading));
      case Expression.Repeat repeat -> collect(repeat.body(), leading);
      case Expression.Reference reference -> leading.set(reference.rule());
      case Expression.Literal literal -> {}
      case Expression.OneByte one -> {}
    }
  }
}
