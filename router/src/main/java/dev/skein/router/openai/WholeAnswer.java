package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.Indexed;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects an answer that is sent when it is complete. Its size is bounded by the request's {@code
 * max_tokens}.
 */
public final class WholeAnswer {
  private final Choice[] choices;
  private final boolean logprobs;
  private final Usage usage;
  private @Nullable StreamFailure failure;

  /**
   * @param choices how many there are, over all prompts
   * @param choicesOfPrompt how many each prompt has
   * @param logprobs whether tokens are kept for their probabilities
   */
  public WholeAnswer(int choices, int choicesOfPrompt, boolean logprobs) {
    this.usage = new Usage(choicesOfPrompt);
    this.choices = new Choice[choices];
    for (int i = 0; i < choices; i++) {
      this.choices[i] = new Choice();
    }
    this.logprobs = logprobs;
  }

  /** Takes the next event of the answer. */
  public WholeAnswer add(StreamEvent event) {
    switch (event) {
      case StreamFailure problem -> failure = problem;
      case Indexed indexed -> {
        Choice choice = choices[indexed.choice()];
        choice.text.append(indexed.text());
        if (indexed instanceof ChoiceEnd end) {
          choice.finishReason = Usage.finishReason(end);
          usage.add(end);
        } else if (logprobs && indexed instanceof TokenPiece piece) {
          choice.pieces.add(piece);
        }
      }
    }
    return this;
  }

  /** Why there is no answer, or null if there is one. */
  public @Nullable StreamFailure failure() {
    return failure;
  }

  /** Whether every choice has ended. */
  public boolean complete() {
    for (Choice choice : choices) {
      if (choice.finishReason == null) {
        return false;
      }
    }
    return true;
  }

  /** The body of the response. */
  public ObjectNode toJson(Dialect dialect, AnswerHead head) {
    ObjectNode root = head.open(dialect.answerWord());
    ArrayNode list = root.putArray("choices");
    for (int i = 0; i < choices.length; i++) {
      ObjectNode node = list.addObject().put("index", i);
      dialect.whole(node, choices[i].text.toString(), choices[i].pieces);
      node.put("finish_reason", choices[i].finishReason);
    }
    usage.put(root);
    return root;
  }

  private static final class Choice {
    private final StringBuilder text = new StringBuilder();
    private final List<TokenPiece> pieces = new ArrayList<>();
    private @Nullable String finishReason;
  }
}
