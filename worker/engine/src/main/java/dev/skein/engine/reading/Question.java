package dev.skein.engine.reading;

import dev.skein.engine.SessionState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A context and answers to rank, as token ids.
 *
 * @param start the state that the context follows; null is the model's initial state
 * @param context at least one token
 * @param answers at least one, of at least one token each
 */
@SuppressWarnings("ArrayRecordComponent") // ids; nobody compares questions
public record Question(@Nullable SessionState start, int[] context, List<int[]> answers) {
  /** Checks that there is something to compare. */
  public Question {
    answers = List.copyOf(answers);
    if (context.length == 0) {
      throw new IllegalArgumentException(
          "the context is empty: there must be a token before an answer");
    }
    if (answers.isEmpty() || answers.stream().anyMatch(a -> a.length == 0)) {
      throw new IllegalArgumentException("an answer is empty, or there is none");
    }
  }
}
