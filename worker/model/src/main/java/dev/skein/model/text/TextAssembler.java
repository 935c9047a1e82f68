package dev.skein.model.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Turns the bytes of drawn tokens into text that may be shown: whole UTF-8 characters only, and
 * nothing that may still turn out to be the beginning of a stop string. Stop strings are matched on
 * bytes, so it does not matter how tokens cut them; the one that is complete first wins (of two
 * complete at the same byte, the longer). All that is shown is a function of the bytes alone, not
 * of how they were cut into tokens. One thread owns an assembler.
 */
public final class TextAssembler {
  /** Stop strings a request may have. */
  public static final int STOPS_MAX = 64;

  /** UTF-8 bytes of the longest stop string. */
  public static final int STOP_BYTES_MAX = 1024;

  private final StopMatcher[] matchers;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] held = new byte[64];
  private int count;
  private long released;
  private long stopAt = -1;

  /**
   * @param stops the text ends before the first of them
   * @throws IllegalArgumentException if one is empty or there are too many or too long ones
   */
  public TextAssembler(List<String> stops) {
    if (stops.size() > STOPS_MAX) {
      throw new IllegalArgumentException("stop has more than " + STOPS_MAX + " strings");
    }
    this.matchers =
        stops.stream()
            .map(stop -> new StopMatcher(stop.getBytes(StandardCharsets.UTF_8)))
            .toArray(StopMatcher[]::new);
  }

  /**
   * An assembler that stands where another one stood that held these bytes ({@link #held}): a stop
   * string that has begun lies in them whole.
   *
   * @throws IllegalArgumentException also if the bytes complete a stop string
   */
  public static TextAssembler holding(List<String> stops, byte[] held) {
    TextAssembler assembler = new TextAssembler(stops);
    for (byte b : held) {
      assembler.append(b);
      if (assembler.longestStopCompletedBy(b) > 0) {
        throw new IllegalArgumentException("the held bytes complete a stop string");
      }
    }
    return assembler;
  }

  /** A copy of the bytes that were pushed and not released. */
  public byte[] held() {
    return Arrays.copyOf(held, count);
  }

  /**
   * Adds a token's bytes; returns the text that is now certain, often none. Bytes after a stop
   * string are dropped.
   */
  public String push(byte[] tokenBytes) {
    if (stopped()) {
      return "";
    }
    for (byte b : tokenBytes) {
      append(b);
      int length = longestStopCompletedBy(b);
      if (length > 0) {
        count -= length;
        stopAt = released + count;
        return decode(count, true);
      }
    }
    return decode(count - longestStopBegun(), false);
  }

  /** Whether a stop string is complete. */
  public boolean stopped() {
    return stopAt >= 0;
  }

  /**
   * Ends the text where no stop string came: returns everything held back, with U+FFFD for broken
   * bytes. After a stop string there is nothing left to return.
   */
  public String flush() {
    return stopped() ? "" : decode(count, true);
  }

  /**
   * How many of the bytes pushed were released: the position of the first one that is still held.
   */
  public long heldFrom() {
    return released;
  }

  /**
   * The position of the stop string's first byte among the bytes pushed, or -1 while none is
   * complete.
   */
  public long stopAt() {
    return stopAt;
  }

  private void append(byte b) {
    if (count == held.length) {
      held = Arrays.copyOf(held, 2 * count);
    }
    held[count++] = b;
  }

  private int longestStopCompletedBy(byte b) {
    int longest = 0;
    for (StopMatcher matcher : matchers) {
      if (matcher.accept(b)) {
        longest = Math.max(longest, matcher.length());
      }
    }
    return longest;
  }

  private int longestStopBegun() {
    int longest = 0;
    for (StopMatcher matcher : matchers) {
      longest = Math.max(longest, matcher.begun());
    }
    return longest;
  }

  /**
   * Releases whole characters of the first {@code length} bytes held; the unfinished last one too
   * at an end.
   */
  private String decode(int length, boolean end) {
    ByteBuffer in = ByteBuffer.wrap(held, 0, length);
    CharBuffer out = CharBuffer.allocate(length + 1);
    decoder.reset().decode(in, out, end);
    if (end) {
      decoder.flush(out);
    }
    int used = in.position();
    System.arraycopy(held, used, held, 0, count - used);
    count -= used;
    released += used;
    return out.flip().toString();
  }
}
