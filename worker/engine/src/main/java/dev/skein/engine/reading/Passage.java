package dev.skein.engine.reading;

import dev.skein.engine.SessionState;
import org.jspecify.annotations.Nullable;

/**
 * Text to be scored after a context, as token ids.
 *
 * @param start the state that the context follows; null is the model's initial state
 * @param context read first, not scored; if it is empty the first token of the text is not scored
 *     either, because nothing was said before it
 * @param text the tokens to score
 */
@SuppressWarnings("ArrayRecordComponent") // ids by the thousand; nobody compares passages
public record Passage(@Nullable SessionState start, int[] context, int[] text) {
  /** A passage from the initial state. */
  public static Passage of(int[] context, int[] text) {
    return new Passage(null, context, text);
  }
}
