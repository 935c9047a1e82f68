package dev.skein.cli.engine;

import dev.skein.model.text.Tokenizer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is fed: a text, or token ids, which need no tokenizer. Exactly one of the two. */
final class PromptOptions {
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
  int[] ids(@Nullable Tokenizer tokenizer) {
    int[] ids = tokens != null ? tokens : encoded(tokenizer);
    if (ids.length == 0) {
      throw new IllegalArgumentException("the prompt is empty: there is nothing to feed");
    }
    return ids;
  }

  private int[] encoded(@Nullable Tokenizer tokenizer) {
    String text = prompt == null ? "" : prompt;
    if (tokenizer == null) {
      throw new IllegalArgumentException(
          "this model has no tokenizer beside it: give --tokenizer FILE, or --tokens instead of --prompt");
    }
    return tokenizer.encode(text);
  }
}
