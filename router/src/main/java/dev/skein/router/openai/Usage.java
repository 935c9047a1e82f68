package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;

/** Tokens of an answer: the prompt is counted once, the choices together. */
final class Usage {
  private int prompt;
  private int completion;
  private int cached;

  void add(ChoiceEnd end) {
    prompt = Math.max(prompt, end.promptTokens());
    completion += end.completionTokens();
    cached = Math.max(cached, end.cachedTokens());
  }

  void put(ObjectNode answer) {
    ObjectNode usage =
        answer
            .putObject("usage")
            .put("prompt_tokens", prompt)
            .put("completion_tokens", completion)
            .put("total_tokens", prompt + completion);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
  }

  /**
   * The API's word for why a choice ended. A turn that was cut short from outside has no word
   * there; strict clients refuse unknown ones, so it is what it looks like: cut at a length.
   */
  static String finishReason(ChoiceEnd end) {
    return switch (end.finishReason()) {
      case "cancelled", "deadline" -> "length";
      default -> end.finishReason();
    };
  }
}
