package dev.skein.model.grammar.form;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A set of byte strings. Objects may be shared: what is shared is compiled once. */
public sealed interface Expression {

  /** A count without a bound. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /** The empty string and nothing else. */
  Expression EMPTY = new Sequence(List.of());

  /** No string at all. */
  Expression NOTHING = new Choice(List.of());

  /** These bytes. */
  @SuppressWarnings("ArrayRecordComponent") // identity is what matters
  record Literal(byte[] bytes) implements Expression {}

  /** One byte of a set. */
  record OneByte(ByteSet set) implements Expression {}

  /** One after the other. */
  record Sequence(List<Expression> parts) implements Expression {}

  /** Any one of them. */
  record Choice(List<Expression> branches) implements Expression {}

  /** The body, {@code least} to {@code most} times. */
  record Repeat(Expression body, int least, int most) implements Expression {}

  /**
   * What a rule of the {@link Rules} says.
   *
   * @param framed compile the rule as a unit of its own, used from many places
   */
  record Reference(int rule, boolean framed) implements Expression {}

  static Expression text(String text) {
    return new Literal(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A sequence, with neighbouring literals made one. */
  static Expression sequence(List<Expression> parts) {
    List<Expression> flat = new ArrayList<>();
    for (Expression part : parts) {
      if (part instanceof Sequence inner) {
        inner.parts().forEach(p -> append(flat, p));
      } else {
        append(flat, part);
      }
    }
    return flat.size() == 1 ? flat.getFirst() : new Sequence(List.copyOf(flat));
  }

  static Expression sequence(Expression... parts) {
    return sequence(List.of(parts));
  }

  private static void append(List<Expression> parts, Expression part) {
    if (part instanceof Literal second
        && !parts.isEmpty()
        && parts.getLast() instanceof Literal first) {
      byte[] both = new byte[first.bytes().length + second.bytes().length];
      System.arraycopy(first.bytes(), 0, both, 0, first.bytes().length);
      System.arraycopy(second.bytes(), 0, both, first.bytes().length, second.bytes().length);
      parts.set(parts.size() - 1, new Literal(both));
    } else {
      parts.add(part);
    }
  }

  static Expression choice(List<Expression> branches) {
    return branches.size() == 1 ? branches.getFirst() : new Choice(List.copyOf(branches));
  }

  static Expression choice(Expression... branches) {
    return choice(List.of(branches));
  }

  static Expression optional(Expression body) {
    return new Repeat(body, 0, 1);
  }

  static Expression any(Expression body) {
    return new Repeat(body, 0, UNBOUNDED);
  }
}
