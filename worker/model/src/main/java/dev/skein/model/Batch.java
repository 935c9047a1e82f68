package dev.skein.model;

import java.util.Arrays;

/**
 * The work of one step: rows, each of which feeds some tokens to one slot. A decoding session is a
 * row of one token, a prompt a row of many; there is no other difference. A batch is filled, given
 * to {@link Rwkv#forward}, cleared and filled again; it grows as needed and never shrinks.
 */
public final class Batch {
  /** After which tokens of a row logits and hidden vectors are wanted. */
  public enum Outputs {
    NONE,
    LAST,
    ALL
  }

  private int[] tokens = new int[64];
  private int[] rowOfToken = new int[64];
  private int[] slots = new int[16];
  private int[] starts = new int[17];
  private Outputs[] outputs = new Outputs[16];
  private int rows;
  private int logitRows;

  /** An empty batch. */
  public Batch() {}

  /** Removes all rows. */
  public void clear() {
    rows = 0;
    logitRows = 0;
  }

  /**
   * Adds a row that feeds {@code tokens[from .. from+count)} to a slot, in that order.
   *
   * @param wantsLogits whether logits and hidden vector after the last token are wanted
   * @return the row's number
   * @throws IllegalArgumentException if the slot has a row already, or the row has no token
   */
  public int add(int slot, int[] tokens, int from, int count, boolean wantsLogits) {
    return add(slot, tokens, from, count, wantsLogits ? Outputs.LAST : Outputs.NONE);
  }

  /**
   * Adds a row that feeds {@code tokens[from .. from+count)} to a slot, in that order.
   *
   * @param wanted after which of these tokens logits and hidden vectors are wanted
   * @return the row's number
   * @throws IllegalArgumentException if the slot has a row already, or the row has no token
   */
  public int add(int slot, int[] tokens, int from, int count, Outputs wanted) {
    if (count < 1 || from < 0 || from > tokens.length - count) {
      throw new IllegalArgumentException(
          "row of " + count + " tokens from " + from + " of " + tokens.length);
    }
    for (int r = 0; r < rows; r++) {
      if (slots[r] == slot) {
        throw new IllegalArgumentException("slot " + slot + " has a row already");
      }
    }
    grow(count);
    System.arraycopy(tokens, from, this.tokens, starts[rows], count);
    Arrays.fill(rowOfToken, starts[rows], starts[rows] + count, rows);
    slots[rows] = slot;
    outputs[rows] = wanted;
    starts[rows + 1] = starts[rows] + count;
    logitRows += outputs(rows);
    return rows++;
  }

  private void grow(int count) {
    if (rows == slots.length) {
      slots = Arrays.copyOf(slots, 2 * rows);
      outputs = Arrays.copyOf(outputs, 2 * rows);
      starts = Arrays.copyOf(starts, 2 * rows + 1);
    }
    int needed = Math.addExact(starts[rows], count);
    if (needed > tokens.length) {
      int length = Math.max(needed, Math.multiplyExact(2, tokens.length));
      tokens = Arrays.copyOf(tokens, length);
      rowOfToken = Arrays.copyOf(rowOfToken, length);
    }
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Number of tokens of all rows. */
  public int tokens() {
    return starts[rows];
  }

  /** Number of tokens, over all rows, after which logits are wanted. */
  public int logitRows() {
    return logitRows;
  }

  /** The slot that a row feeds. */
  public int slot(int row) {
    return slots[row];
  }

  /** The number, in the whole batch, of a row's first token; of {@code rows()}: the end. */
  public int start(int row) {
    return starts[row];
  }

  /** The row of a token, counted in the whole batch. */
  public int rowOf(int t) {
    return rowOfToken[t];
  }

  int token(int t) {
    return tokens[t];
  }

  /** How many of the last tokens of a row logits are wanted after. */
  int outputs(int row) {
    return switch (outputs[row]) {
      case NONE -> 0;
      case LAST -> 1;
      case ALL -> starts[row + 1] - starts[row];
    };
  }
}
