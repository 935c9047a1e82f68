package dev.skein.engine;

import org.jspecify.annotations.Nullable;

/**
 * How a generation ended and what its session remembers.
 *
 * <p>The memory of the session after the generation is {@code start + prompt + kept}. {@code state}
 * has read all of it but the last {@code unread} tokens of {@code prompt + kept}; whoever continues
 * the session feeds those first. After {@link FinishReason#LENGTH} that is the last drawn token (it
 * was drawn, never fed); after a stop it is what lies between the state that was kept from before
 * the stop and the stop itself, usually nothing; after {@link FinishReason#CANCELLED} it is the
 * last drawn token, or, when the prompt had not been read to its end, the rest of the prompt and
 * every token of {@code kept}.
 *
 * @param reason why it ended
 * @param text text that was held back until now and belongs to the reply
 * @param promptTokens length of the prompt
 * @param completionTokens number of draws, forced ones and the one that ended it included
 * @param state the state, or null when {@link Generation#keepState} is false or the reason is
 *     {@link FinishReason#ERROR}
 * @param kept token ids that belong to the session after the prompt (of a generation that began in
 *     the middle of a turn: from the first of {@link Progress#unread} on): what was drawn, without
 *     the end-of-text token or stop token and without the stop text. Where a stop string begins
 *     inside a token, the part of that token before it is encoded again
 * @param unread how many of the last tokens of {@code prompt + kept} the state has not read; 0
 *     without a state
 * @param error one sentence when the reason is {@link FinishReason#ERROR}, or why the engine
 *     cancelled by itself
 * @param cachedTokens leading tokens of the prompt that were not read, because the state after them
 *     was known
 * @param findings what {@link Generation#probe} asked for; null if it asked for nothing or the
 *     generation ended before the answer
 */
@SuppressWarnings("ArrayRecordComponent") // ids by the thousand; nobody compares ends
public record GenerationEnd(
    FinishReason reason,
    String text,
    int promptTokens,
    int completionTokens,
    @Nullable SessionState state,
    int[] kept,
    int unread,
    @Nullable String error,
    int cachedTokens,
    @Nullable Findings findings) {

  /** An end without findings, of a prompt that was read from its beginning. */
  public GenerationEnd(
      FinishReason reason,
      String text,
      int promptTokens,
      int completionTokens,
      @Nullable SessionState state,
      int[] kept,
      int unread,
      @Nullable String error) {
    this(reason, text, promptTokens, completionTokens, state, kept, unread, error, 0, null);
  }

  /** The end of a generation that never began. */
  static GenerationEnd failed(Generation request, String error) {
    int prompt = request.prompt().length;
    return new GenerationEnd(FinishReason.ERROR, "", prompt, 0, null, new int[0], 0, error);
  }
}
