package dev.skein.system.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/**
 * A stream that tests ask for: sampled at temperature 1 with penalties.
 *
 * @param bias logits added to tokens; raises the bytes of umlauts in streams of multi-byte text
 */
record Piece(String prompt, long seed, int tokens, Map<Integer, Float> bias) {
  static final JsonMapper JSON = JsonMapper.builder().build();
  static final float PENALTY = 0.4f;
  static final float PENALTY_DECAY = 0.996f;

  /** Ids of the bytes C3, A4, B6, BC, of which umlauts are made, in a World vocabulary. */
  private static final Map<Integer, Float> UMLAUTS = Map.of(196, 8f, 165, 8f, 183, 8f, 189, 8f);

  /** Six streams, every third of them in multi-byte text. */
  static List<Piece> six(int tokens) {
    return List.of(
        new Piece("Once upon a time", 3, tokens, Map.of()),
        new Piece("There was a fox who", 4, tokens, Map.of()),
        new Piece("Es war einmal ein Mädchen, das hieß Ännchen.", 5, tokens, UMLAUTS),
        new Piece("In the old forest", 6, tokens, Map.of()),
        new Piece("The king said", 7, tokens, Map.of()),
        new Piece("狐と葡萄。むかしむかし", 8, tokens, UMLAUTS));
  }

  /** The request, as Kafka clients write it. */
  ObjectNode request() {
    ObjectNode body = JSON.createObjectNode();
    body.put("prompt", prompt).put("seed", seed).put("max_tokens", tokens);
    body.put("ignore_end_of_text", true).put("temperature", 1).put("top_p", 1);
    body.put("presence_penalty", PENALTY).put("frequency_penalty", PENALTY);
    body.put("penalty_decay", PENALTY_DECAY);
    ObjectNode biases = body.putObject("logit_bias");
    bias.forEach((token, value) -> biases.put(token.toString(), value));
    return body;
  }
}
