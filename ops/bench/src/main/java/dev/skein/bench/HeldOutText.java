package dev.skein.bench;

import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Sixteen short tales in plain English, written for this bench and published nowhere else, so that
 * no model has been trained on them.
 */
public final class HeldOutText {
  private HeldOutText() {}

  /** The tokens of every tale. */
  public static List<int[]> tokens(Tokenizer tokenizer) {
    try (InputStream in = HeldOutText.class.getResourceAsStream("held-out.txt")) {
      return tokens(tokenizer, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException("the bench's text cannot be read", e);
    }
  }

  /** The tokens of every paragraph of a text that has at least two. */
  public static List<int[]> tokens(Tokenizer tokenizer, String text) {
    List<int[]> tokens = new ArrayList<>();
    for (String paragraph : text.split("\n\\s*\n")) {
      int[] ids = tokenizer.encode(paragraph.strip());
      if (ids.length > 1) {
        tokens.add(ids);
      }
    }
    return tokens;
  }
}
