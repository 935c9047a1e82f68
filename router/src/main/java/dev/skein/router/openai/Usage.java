package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;

/** Tokens of an answer: each prompt is counted once, all choices together. */
final class Usage {
  private final int choicesOfPrompt;
  private int prompt;
  private int completion;
  private int cached;
  private int reasoning;

  Usage(int choicesOfPrompt) {
    this.choicesOfPrompt = choicesOfPrompt;
  }

  void add(ChoiceEnd end) {
    completion += end.completionTokens();
    if (end.choice() % choicesOfPrompt == 0) {
      prompt += end.promptTokens();
      cached += end.cachedTokens();
    }
  }

  /** A token belonged to a thought. */
  void thought() {
    reasoning++;
  }

  void put(ObjectNode answer) {
    ObjectNode usage =
        answer
            .putObject("usage")
            .put("prompt_tokens", prompt)
            .put("completion_tokens", completion)
            .put("total_tokens", prompt + completion);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cached).put("audio_tokens", 0);
    usage
        .putObject("completion_tokens_details")
        .put("reasoning_tokens", reasoning)
        .put("audio_tokens", 0)
        .put("accepted_prediction_tokens", 0)
        .put("rejected_prediction_tokens", 0);
  }

  /**
   * The API's word for why a choice ended. A turn that was cut short from outside has no word
   * there; strict clients refuse unknown ones, so it is what it looks like: cut at a length.
   *
   * @param called whether the choice is the call of a function
   */
  static String finishReason(ChoiceEnd end, boolean called) {
    return switch (end.finishReason()) {
      case "stop" -> called ? "tool_calls" : "stop";
      case "cancelled", "deadline" -> "length";
      default -> end.finishReason();
    };
  }
}
