package dev.skein.router.delivery;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a waiting client gets to know of its turn, in the order in which it gets to know it. */
public sealed interface StreamEvent {

  /**
   * An event with a place in its turn: each (choice, index) is delivered once, the indices of a
   * choice in order.
   */
  sealed interface Indexed extends StreamEvent {
    int turn();

    int choice();

    int index();

    /** Where it lies in the shard's partition of {@code tokens}; -1 if that is not known. */
    long offset();

    /** Characters to add to the answer. */
    String text();
  }

  /**
   * One drawn token.
   *
   * @param text the characters that became certain with it; may be empty
   * @param logprob natural logarithm of its probability, where the client asked for it
   */
  record TokenPiece(
      int turn,
      int choice,
      int index,
      int token,
      String text,
      @Nullable Float logprob,
      List<Alternative> alternatives,
      long offset)
      implements Indexed {

    /**
     * The token's own text where it is known from the alternatives, else the characters that became
     * certain with it.
     */
    public String tokenText() {
      for (Alternative alternative : alternatives) {
        if (alternative.token() == token) {
          return alternative.text();
        }
      }
      return text;
    }

    /** The same token of another choice. */
    public TokenPiece withChoice(int number) {
      return new TokenPiece(turn, number, index, token, text, logprob, alternatives, offset);
    }
  }

  /** A token that might have been drawn. */
  record Alternative(int token, String text, float logprob) {}

  /**
   * The last event of a choice.
   *
   * @param index one more than that of its last token
   * @param text characters that were held back until the end
   * @param embedding the vector that was asked for; empty for other turns
   */
  record ChoiceEnd(
      int turn,
      int choice,
      int index,
      String finishReason,
      String text,
      int promptTokens,
      int completionTokens,
      int cachedTokens,
      List<Float> embedding,
      long offset)
      implements Indexed {

    /** The same end of another choice. */
    public ChoiceEnd withChoice(int number) {
      return new ChoiceEnd(
          turn,
          number,
          index,
          finishReason,
          text,
          promptTokens,
          completionTokens,
          cachedTokens,
          embedding,
          offset);
    }
  }

  /** What has no place in the answer itself. */
  sealed interface Notice extends StreamEvent {}

  /** The request is in the log; said only of turns that go on in the background and have a note. */
  record Accepted() implements Notice {}

  /** The log has told all that it held when it was asked; said only to those who look on. */
  record Present() implements Notice {}

  /**
   * The turn has begun; said only of turns that have a note.
   *
   * @param note what its request wants to be told again
   * @param requestOffset where the request lies in the shard's partition of {@code requests}
   * @param promptTokens how many tokens its prompt has
   */
  record Begun(String note, int turn, long requestOffset, int promptTokens) implements Notice {}

  /**
   * The answer is over for all choices, and not as the client wished. See {@link FailureCodes}.
   *
   * @param retryAfterSeconds when the same may be allowed, if a quota refused it; else null
   */
  record StreamFailure(String code, String message, @Nullable Integer retryAfterSeconds)
      implements StreamEvent {

    /** A failure that is no matter of quotas. */
    public StreamFailure(String code, String message) {
      this(code, message, null);
    }
  }
}
