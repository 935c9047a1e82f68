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
   * @param form how the text of a choice is to be read
   * @param choices how many there are, over all prompts
   * @param choicesOfPrompt how many each prompt has
   * @param logprobs whether tokens are kept for their probabilities
   */
  public WholeAnswer(ReplyForm form, int choices, int choicesOfPrompt, boolean logprobs) {
    this.usage = new Usage(choicesOfPrompt);
    this.choices = new Choice[choices];
    for (int i = 0; i < choices; i++) {
      this.choices[i] = new Choice(form);
    }
    this.logprobs = logprobs;
  }

  /** Takes the next event of the answer. */
  public WholeAnswer add(StreamEvent event) {
    switch (event) {
      case StreamFailure problem -> failure = problem;
      case StreamEvent.Notice ignored -> {}
      case Indexed indexed -> {
        Choice choice = choices[indexed.choice()];
        choice.reply.add(choice.reader.read(indexed.text(), indexed instanceof ChoiceEnd));
        switch (indexed) {
          case ChoiceEnd end -> {
            choice.finishReason = Usage.finishReason(end, choice.reader.called());
            usage.add(end);
          }
          case TokenPiece piece -> {
            if (choice.reader.thinking()) {
              usage.thought();
            }
            if (logprobs) {
              choice.pieces.add(piece);
            }
          }
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
      dialect.whole(node, choices[i].reply, head.callId(i), choices[i].pieces);
      node.put("finish_reason", choices[i].finishReason);
    }
    usage.put(root);
    return root;
  }

  private static final class Choice {
    private final ReplyReader reader;
    private final Reply reply = new Reply();
    private final List<TokenPiece> pieces = new ArrayList<>();
    private @Nullable String finishReason;

    Choice(ReplyForm form) {
      this.reader = new ReplyReader(form);
    }
  }
}
