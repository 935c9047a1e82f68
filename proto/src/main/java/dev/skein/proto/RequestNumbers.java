package dev.skein.proto;

import java.util.List;

/**
 * Where requests lie. A request's number is the offset that it was written to. It keeps the number
 * when all topics are copied to other ones, where its offset is another: turns, their ids and what
 * is done are told by numbers, and only who reads the log needs offsets.
 *
 * @param shifts rising; none: the numbers are the offsets
 */
public record RequestNumbers(List<Shift> shifts) {

  /** Of the record at an offset. */
  public long number(long offset) {
    for (Shift shift : shifts.reversed()) {
      if (shift.getFrom() <= offset) {
        return offset + shift.getMore();
      }
    }
    return offset;
  }

  /** Where a record of at least this number lies. */
  public long offset(long number) {
    long above = Long.MAX_VALUE;
    for (Shift shift : shifts.reversed()) {
      if (shift.getFrom() + shift.getMore() <= number) {
        return Math.min(number - shift.getMore(), above);
      }
      above = shift.getFrom();
    }
    return Math.min(number, above);
  }
}
