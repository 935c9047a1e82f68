package dev.skein.model.grammar.form;

/**
 * A set of byte values, one bit each.
 *
 * @param a the values 0 to 63; the others follow
 */
public record ByteSet(long a, long b, long c, long d) {

  public static final ByteSet NONE = new ByteSet(0, 0, 0, 0);

  /** The values from {@code first} to {@code last}, both included. */
  public static ByteSet range(int first, int last) {
    ByteSet set = NONE;
    for (int value = first; value <= last; value++) {
      set = set.with(value);
    }
    return set;
  }

  /** The values of these ASCII characters. */
  public static ByteSet of(String characters) {
    ByteSet set = NONE;
    for (int i = 0; i < characters.length(); i++) {
      set = set.with(characters.charAt(i));
    }
    return set;
  }

  public boolean has(int value) {
    long word =
        switch (value >> 6) {
          case 0 -> a;
          case 1 -> b;
          case 2 -> c;
          default -> d;
        };
    return (word >>> (value & 63) & 1) != 0;
  }

  public ByteSet with(int value) {
    long bit = 1L << (value & 63);
    return switch (value >> 6) {
      case 0 -> new ByteSet(a | bit, b, c, d);
      case 1 -> new ByteSet(a, b | bit, c, d);
      case 2 -> new ByteSet(a, b, c | bit, d);
      default -> new ByteSet(a, b, c, d | bit);
    };
  }

  /** Whether the two sets have a value in common. */
  public boolean meets(ByteSet other) {
    return ((a & other.a) | (b & other.b) | (c & other.c) | (d & other.d)) != 0;
  }
}
