package dev.skein.model.grammar.form;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * A set of Unicode code points, and the byte strings of their UTF-8 form. Halves of surrogate pairs
 * are no members of a complement: they have no UTF-8 form.
 */
public final class CodePoints {
  private static final int LAST = 0x10FFFF;
  private static final CodePoints SURROGATES = range(0xD800, 0xDFFF);

  public static final CodePoints NONE = new CodePoints(new int[0]);
  public static final CodePoints ALL = range(0, LAST).minus(SURROGATES);

  private final int[] bounds; // first, last of each range, ascending, not touching each other

  private CodePoints(int[] bounds) {
    this.bounds = bounds;
  }

  /** From {@code first} to {@code last}, both included. */
  public static CodePoints range(int first, int last) {
    return first > last ? NONE : new CodePoints(new int[] {first, last});
  }

  public static CodePoints of(int codePoint) {
    return range(codePoint, codePoint);
  }

  /** The characters of a text. */
  public static CodePoints of(String characters) {
    int[] points = characters.codePoints().toArray();
    CodePoints set = NONE;
    for (int point : points) {
      set = set.or(of(point));
    }
    return set;
  }

  /** All code points that a predicate holds for. */
  public static CodePoints where(IntPredicate holds) {
    List<Integer> bounds = new ArrayList<>();
    for (int point = 0; point <= LAST; point++) {
      if (holds.test(point)) {
        int first = point;
        while (point < LAST && holds.test(point + 1)) {
          point++;
        }
        bounds.add(first);
        bounds.add(point);
      }
    }
    return new CodePoints(bounds.stream().mapToInt(Integer::intValue).toArray()).minus(SURROGATES);
  }

  public boolean isEmpty() {
    return bounds.length == 0;
  }

  public boolean has(int point) {
    for (int i = 0; i < bounds.length; i += 2) {
      if (bounds[i] <= point && point <= bounds[i + 1]) {
        return true;
      }
    }
    return false;
  }

  /** The only member, or -1 if there are others or none. */
  int only() {
    return bounds.length == 2 && bounds[0] == bounds[1] ? bounds[0] : -1;
  }

  public CodePoints or(CodePoints other) {
    int[][] ranges = new int[(bounds.length + other.bounds.length) / 2][];
    for (int i = 0; i < ranges.length; i++) {
      int at = 2 * i;
      int[] from = at < bounds.length ? bounds : other.bounds;
      int in = at < bounds.length ? at : at - bounds.length;
      ranges[i] = new int[] {from[in], from[in + 1]};
    }
    Arrays.sort(ranges, (x, y) -> Integer.compare(x[0], y[0]));
    int[] merged = new int[2 * ranges.length];
    int size = 0;
    for (int[] range : ranges) {
      if (size > 0 && range[0] <= merged[size - 1] + 1) {
        merged[size - 1] = Math.max(merged[size - 1], range[1]);
      } else {
        merged[size++] = range[0];
        merged[size++] = range[1];
      }
    }
    return new CodePoints(Arrays.copyOf(merged, size));
  }

  public CodePoints minus(CodePoints other) {
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < bounds.length; i += 2) {
      int first = bounds[i];
      for (int j = 0; j < other.bounds.length && first <= bounds[i + 1]; j += 2) {
        if (other.bounds[j + 1] >= first && other.bounds[j] <= bounds[i + 1]) {
          if (other.bounds[j] > first) {
            left.add(first);
            left.add(other.bounds[j] - 1);
          }
          first = other.bounds[j + 1] + 1;
        }
      }
      if (first <= bounds[i + 1]) {
        left.add(first);
        left.add(bounds[i + 1]);
      }
    }
    return new CodePoints(left.stream().mapToInt(Integer::intValue).toArray());
  }

  public CodePoints and(CodePoints other) {
    return minus(minus(other));
  }

  /** All others. */
  public CodePoints complement() {
    return ALL.minus(this);
  }

  /** The members from {@code from}, below {@code to}, counted from {@code from}. */
  private CodePoints slice(int from, int to) {
    int[] cut = and(range(from, to - 1)).bounds.clone();
    for (int i = 0; i < cut.length; i++) {
      cut[i] -= from;
    }
    return new CodePoints(cut);
  }

  /** The UTF-8 forms of the members: no two ways to read one byte string. */
  public Expression utf8() {
    if (only() >= 0) {
      return Expression.text(Character.toString(only()));
    }
    Map<Key, Expression> known = new HashMap<>();
    List<Expression> branches = new ArrayList<>();
    group(slice(0, 0x80), 0, 0x00, branches, known);
    group(slice(0, 0x800).minus(range(0, 0x7F)), 1, 0xC0, branches, known);
    group(slice(0, 0x10000).minus(range(0, 0x7FF)), 2, 0xE0, branches, known);
    group(minus(range(0, 0xFFFF)), 3, 0xF0, branches, known);
    return Expression.choice(branches);
  }

  /** One branch for all first bytes that are followed by the same: {@code more} bytes follow. */
  private static void group(
      CodePoints set, int more, int mark, List<Expression> branches, Map<Key, Expression> known) {
    int block = 1 << (6 * more);
    Map<CodePoints, ByteSet> byRest = new LinkedHashMap<>();
    int last = set.isEmpty() ? -1 : set.bounds[set.bounds.length - 1] / block;
    for (int value = 0; value <= last; value++) {
      CodePoints rest = set.slice(value * block, (value + 1) * block);
      if (!rest.isEmpty()) {
        byRest.put(rest, byRest.getOrDefault(rest, ByteSet.NONE).with(mark | value));
      }
    }
    byRest.forEach((rest, bytes) ->
        branches.add(Expression.sequence(new Expression.OneByte(bytes), tail(rest, more, known))));
  }

  private static Expression tail(CodePoints set, int bytes, Map<Key, Expression> known) {
    if (bytes == 0) {
      return Expression.EMPTY;
    }
    Key key = new Key(set, bytes);
    Expression tail = known.get(key);
    if (tail == null) {
      List<Expression> branches = new ArrayList<>();
      group(set, bytes - 1, 0x80, branches, known);
      tail = Expression.choice(branches);
      known.put(key, tail);
    }
    return tail;
  }

  private record Key(CodePoints set, int bytes) {}

  @Override
  public boolean equals(Object other) {
    return other instanceof CodePoints points && Arrays.equals(bounds, points.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }
}
