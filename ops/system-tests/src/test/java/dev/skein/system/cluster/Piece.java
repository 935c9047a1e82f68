package dev.skein.system.cluster;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

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

  private static final List<String> PROMPTS =
      List.of(
          "Once upon a time",
          "There was a fox who",
          "Es war einmal ein Mädchen, das hieß Ännchen.",
          "In the old forest",
          "The king said",
          "狐と葡萄。むかしむかし");

  /** Different streams, every third of them in multi-byte text. */
  static List<Piece> some(int count, int tokens) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            new Piece(
                PROMPTS.get(i % PROMPTS.size()), 3 + i, tokens, i % 3 == 2 ? UMLAUTS : Map.of()))
        .toList();
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
