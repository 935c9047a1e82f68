package dev.skein.model.grammar.schema;

import dev.skein.model.grammar.form.CodePoints;
import dev.skein.model.grammar.form.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Texts of strings that are none of some names. */
final class OtherKeys {
  private static final Expression REST = Expression.any(JsonText.encode(CodePoints.ALL));

  private OtherKeys() {}

  /** The insides of strings of at least one character that are not among the names. */
  static Expression than(Set<String> names) {
    List<int[]> points = names.stream().map(name -> name.codePoints().toArray()).toList();
    return after(points, 0);
  }

  /** What may follow, when so many characters were those of all these names. */
  private static Expression after(List<int[]> names, int read) {
    Map<Integer, List<int[]>> byNext = new TreeMap<>();
    CodePoints taken = CodePoints.NONE;
    boolean isName = read == 0;
    for (int[] name : names) {
      if (name.length == read) {
        isName = true;
      } else {
        byNext.computeIfAbsent(name[read], c -> new ArrayList<>()).add(name);
        taken = taken.or(CodePoints.of(name[read]));
      }
    }
    List<Expression> branches = new ArrayList<>();
    branches.add(Expression.sequence(JsonText.encode(taken.complement()), REST));
    byNext.forEach((next, rest) ->
        branches.add(
            Expression.sequence(JsonText.encode(CodePoints.of(next)), after(rest, read + 1))));
    if (!isName) {
      branches.add(Expression.EMPTY);
    }
    return Expression.choice(branches);
  }
}
