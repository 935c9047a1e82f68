package dev.skein.model;

import java.util.Arrays;
import java.util.SplittableRandom;

/** One to four faults in a file, most of them where headers lie: at its ends. */
record Mutation(SplittableRandom random) {
  private static final int ENDS = 3_000;
  private static final int[] BYTES = {
    0, 1, 0x7f, 0x80, 0xff, '(', '.', 'Q', 'R', '"', '{', '9', '-'
  };
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    7,
    8,
    9,
    31,
    33,
    1 << 16,
    Integer.MAX_VALUE,
    1L << 31,
    1L << 60,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  byte[] of(byte[] sound) {
    byte[] bytes = sound.clone();
    for (int faults = random.nextInt(1, 5); faults > 0; faults--) {
      int at = place(bytes.length);
      switch (random.nextInt(7)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) BYTES[random.nextInt(BYTES.length)];
        case 2 -> bytes[at] = (byte) random.nextInt();
        case 3 -> fill(bytes, at);
        case 4 -> bytes = Arrays.copyOf(bytes, Math.max(1, bytes.length - random.nextInt(64)));
        case 5 -> number(bytes, at);
        default -> move(bytes, at);
      }
    }
    return bytes;
  }

  private int place(int length) {
    int end = Math.min(length, ENDS);
    return switch (random.nextInt(5)) {
      case 0, 1 -> random.nextInt(end);
      case 2, 3 -> length - 1 - random.nextInt(end);
      default -> random.nextInt(length);
    };
  }

  private void fill(byte[] bytes, int at) {
    int end = Math.min(bytes.length, at + random.nextInt(1, 9));
    Arrays.fill(bytes, at, end, (byte) BYTES[random.nextInt(BYTES.length)]);
  }

  /** A number of 4 or 8 bytes, at a multiple of four as headers often have them. */
  private void number(byte[] bytes, int at) {
    long value = NUMBERS[random.nextInt(NUMBERS.length)];
    int from = at & -4;
    for (int i = 0; i < (random.nextBoolean() ? 4 : 8) && from + i < bytes.length; i++) {
      bytes[from + i] = (byte) (value >> (8 * i));
    }
  }

  private void move(byte[] bytes, int at) {
    int from = place(bytes.length);
    int count = Math.min(random.nextInt(1, 40), bytes.length - Math.max(at, from));
    System.arraycopy(bytes, from, bytes, at, count);
  }
}
