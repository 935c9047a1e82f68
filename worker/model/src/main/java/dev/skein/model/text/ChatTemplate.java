package dev.skein.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** How messages are laid out as text for a model, ending where the model is to answer. */
public interface ChatTemplate {

  /** The text that begins a conversation. */
  String first(List<ChatMessage> messages);

  /**
   * The text that continues a conversation whose state has read something, the last answer without
   * what ended it: it begins with the separator.
   */
  String next(List<ChatMessage> messages);

  /** The strings at which an answer ends. */
  List<String> stop();

  /** Whether an answer begins in the middle of a thought, which the layout has opened. */
  default boolean thinks() {
    return false;
  }

  /** The same layout, where the answer begins at once. */
  default ChatTemplate plain() {
    return this;
  }

  /** What {@link #of} makes this layout from. */
  JsonNode toJson();

  /**
   * The layout of the World models: {@code User: …\n\nAssistant:}, an answer ends at {@code
   * \n\nUser:}.
   */
  static ChatTemplate world() {
    return LabelledTemplate.WORLD;
  }

  /**
   * The layout of the Raven models of RWKV-4, which those of the Pile follow best too: {@code Bob:
   * …\n\nAlice:}, an answer ends at a blank line.
   */
  static ChatTemplate raven() {
    return LabelledTemplate.RAVEN;
  }

  /** The layout of the World models with further stop strings. */
  static ChatTemplate world(List<String> stop) {
    return LabelledTemplate.WORLD.withStop(stop);
  }

  /**
   * The layout that a model's configuration describes: an object with {@code user}, {@code
   * assistant}, {@code system} and {@code tool} (each around {@code {content}}), {@code
   * generation_prompt} and {@code stop}; what is absent is as in the World layout, whose stop
   * string is always kept. Or the name of a published layout: {@code world}, {@code raven} (Bob and
   * Alice), {@code raven-alpaca} and {@code raven-hf} (instructions), {@code g1}, {@code g1-think}
   * (the answer begins with a thought).
   *
   * @throws IllegalArgumentException naming the field that is wrong
   */
  static ChatTemplate of(JsonNode description) {
    return LabelledTemplate.of(description);
  }
}
