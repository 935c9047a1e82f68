package dev.skein.router.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.Request;
import java.util.ArrayList;
import java.util.List;

/**
 * The prompt of {@code /v1/completions}: a text or token ids, or a list that holds exactly one of
 * them.
 */
final class PromptField {
  private static final int TOKEN_MAX = 1 << 20;

  private PromptField() {}

  static void read(JsonFields fields, Request.Builder request) throws ApiException {
    JsonNode prompt = fields.get("prompt");
    if (prompt == null) {
      throw ApiException.invalid("prompt", "'prompt' is missing.");
    }
    if (prompt.isArray() && prompt.size() > 1 && !prompt.get(0).isNumber()) {
      throw ApiException.invalid(
          "prompt", "'prompt' may hold one prompt; send a request for each of several.");
    }
    if (prompt.isArray() && prompt.size() == 1 && !prompt.get(0).isNumber()) {
      prompt = prompt.get(0);
    }
    if (prompt.isTextual() && !prompt.textValue().isEmpty()) {
      request.setPrompt(JsonFields.wellFormed(prompt.textValue()));
    } else if (prompt.isArray() && !prompt.isEmpty()) {
      request.addAllTokens(tokens(fields, "prompt", prompt));
    } else {
      throw fields.wrong("prompt", "a text or a list of token ids, not empty", prompt);
    }
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
