package dev.skein.router.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.Request;
import java.util.ArrayList;
import java.util.List;

/** Prompts of the API: a text or token ids, or a list of texts or of lists of token ids. */
final class PromptField {
  private static final int TOKEN_MAX = 1 << 20;

  private PromptField() {}

  /**
   * One prompt.
   *
   * @param text "" if it is given as token ids
   */
  record Prompt(String text, List<Integer> tokens) {
    Request.Builder into(Request.Builder request) {
      return text.isEmpty() ? request.addAllTokens(tokens) : request.setPrompt(text);
    }
  }

  /** All prompts of a field, at least one. */
  static List<Prompt> prompts(JsonFields fields, String name, int max) throws ApiException {
    JsonNode node = fields.get(name);
    if (node == null) {
      throw ApiException.invalid(name, "'" + name + "' is missing.");
    }
    if (!node.isArray() || (!node.isEmpty() && node.get(0).isNumber())) {
      return List.of(prompt(fields, name, node));
    }
    if (node.isEmpty() || node.size() > max) {
      throw fields.wrong(name, "one prompt or a list of up to " + max, node);
    }
    List<Prompt> prompts = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      prompts.add(prompt(fields, name + "[" + i + "]", node.get(i)));
    }
    return prompts;
  }

  private static Prompt prompt(JsonFields fields, String name, JsonNode node) throws ApiException {
    if (node.isTextual() && !node.textValue().isEmpty()) {
      return new Prompt(JsonFields.wellFormed(node.textValue()), List.of());
    }
    if (node.isArray() && !node.isEmpty()) {
      return new Prompt("", tokens(fields, name, node));
    }
    throw fields.wrong(name, "a text or a list of token ids, not empty", node);
  }

  static List<Integer> tokens(JsonFields fields, String name, JsonNode list) throws ApiException {
    if (!list.isArray()) {
      throw fields.wrong(name, "a list of token ids", list);
    }
    List<Integer> tokens = new ArrayList<>(list.size());
    for (JsonNode token : list) {
      if (!token.isIntegralNumber()
          || !token.canConvertToInt()
          || token.intValue() < 0
          || token.intValue() >= TOKEN_MAX) {
        throw fields.wrong(name, "a list of token ids", token);
      }
      tokens.add(token.intValue());
    }
    return tokens;
  }
}
