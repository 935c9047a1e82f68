package dev.skein.kernels;

import java.lang.foreign.MemorySegment;

/**
 * What a thread takes at a time of a recurrence: some neighbouring tokens of one session, some
 * channels of theirs (a head, where there are heads), and the session's state. Allocated once a
 * thread and set again and again.
 */
public final class Stretch {
  int start;
  int end;
  int from;
  int n;
  MemorySegment states = MemorySegment.NULL;
  long state;
  long next;

  /** Room for the arguments of a function in C. */
  final NativeStretch call = new NativeStretch();

  /** A stretch of nothing. */
  public Stretch() {}

  /** The tokens {@code start .. end}, in rows of that number. */
  public Stretch tokens(int startToken, int endToken) {
    this.start = startToken;
    this.end = endToken;
    return this;
  }

  /** The channels {@code from .. from + n}. */
  public Stretch channels(int fromChannel, int channels) {
    this.from = fromChannel;
    this.n = channels;
    return this;
  }

  /**
   * The state.
   *
   * @param offset bytes from the beginning of {@code memory}: with {@link Kernels#wkv4} where the
   *     whole state begins, otherwise where that of the head does
   */
  public Stretch state(MemorySegment memory, long offset) {
    this.states = memory;
    this.state = offset;
    this.next = -1;
    return this;
  }

  /** The first token. */
  public int startToken() {
    return start;
  }

  /** The token after the last. */
  public int endToken() {
    return end;
  }

  /** The first channel. */
  public int fromChannel() {
    return from;
  }

  /** How many channels. */
  public int channelCount() {
    return n;
  }

  /** The memory that the state stands in. */
  public MemorySegment stateMemory() {
    return states;
  }

  /** Where the state begins there, in bytes, as {@link #state} took it. */
  public long stateOffset() {
    return state;
  }

  /** Where the state of the next stretch of this thread will be, in the same memory; a hint. */
  public Stretch next(long offset) {
    this.next = offset;
    return this;
  }
}
