package dev.skein.cli.engine;

import dev.skein.model.text.Tokenizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is fed: a text, or token ids, which need no tokenizer. Exactly one of the two. */
public final class PromptOptions {
  @Option(
      names = "--prompt",
      required = true,
      paramLabel = "TEXT",
      description = "Text to feed; needs the model's tokenizer.")
  @Nullable String prompt;

  @Option(
      names = "--tokens",
      required = true,
      split = ",",
      paramLabel = "IDS",
      description = "Token ids to feed, like 1,2,3.")
  int @Nullable [] tokens;

  /** The ids to feed; at least one. */
  public int[] ids(@Nullable Tokenizer tokenizer) {
    int[] ids = tokens != null ? tokens : encode(tokenizer, text());
    if (ids.length == 0) {
      throw new IllegalArgumentException("the prompt is empty: there is nothing to feed");
    }
    return ids;
  }

  /** The token ids that were given, or null when a text was. */
  public int @Nullable [] tokens() {
    return tokens;
  }

  /** The text; empty when token ids were given. */
  public String text() {
    return prompt == null ? "" : prompt;
  }

  /**
   * The ids of a text.
   *
   * @throws IllegalArgumentException if the model has no tokenizer; the message says what to give
   */
  public static int[] encode(@Nullable Tokenizer tokenizer, String text) {
    if (tokenizer == null) {
      throw new IllegalArgumentException(
          "this model has no tokenizer beside it: give --tokenizer FILE, or --tokens instead of --prompt");
    }
    return tokenizer.encode(text);
  }
}
