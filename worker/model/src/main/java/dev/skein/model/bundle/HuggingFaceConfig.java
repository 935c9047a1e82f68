package dev.skein.model.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.model.sampling.SamplingParameters;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The {@code config.json} of a Hugging Face folder: transformers' RWKV-4 ({@code rwkv}), the remote
 * code of RWKV-5 and 6 ({@code rwkv5}, {@code rwkv6}) and flash-linear-attention's RWKV-7 ({@code
 * rwkv7}, older {@code rwkv7_fla}). Only data is read: {@code auto_map} and its like are ignored.
 * What it says of shapes is compared with the weights later; what the arithmetic here does not do
 * is refused at once, naming the field.
 */
final class HuggingFaceConfig {
  private static final double LAYER_NORM_EPS = 1e-5;
  private static final int USUAL_DIVISOR = 8;

  /** The fields of dimensions, by what we call them. */
  private static final Map<String, String[]> DIMENSIONS =
      Map.of(
          "n_layer", new String[] {"num_hidden_layers"},
          "n_embd", new String[] {"hidden_size", "attention_hidden_size"},
          "dim_ffn", new String[] {"intermediate_size"},
          "head_size", new String[] {"head_size", "head_dim"},
          "n_head", new String[] {"num_heads"},
          "vocab_size", new String[] {"vocab_size"});

  private static final Map<String, String> RANKS =
      Map.of(
          "decay_low_rank_dim", "w",
          "a_low_rank_dim", "a",
          "v_low_rank_dim", "v",
          "gate_low_rank_dim", "g");

  private final JsonNode root;

  HuggingFaceConfig(JsonNode root) {
    this.root = root;
  }

  /** Whether a configuration is one of a Hugging Face folder. */
  static boolean describes(JsonNode root) {
    return root.has("architectures") || root.has("auto_map") || root.has("hidden_size");
  }

  /** What we call the dimension of that field; the field's own name where we call it so. */
  static String dimension(String field) {
    return DIMENSIONS.entrySet().stream()
        .filter(entry -> Arrays.asList(entry.getValue()).contains(field))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(field);
  }

  /** The letter of the low-rank product of that field. */
  static String rank(String field) {
    return RANKS.getOrDefault(field, field);
  }

  /**
   * What the configuration says.
   *
   * @throws IllegalArgumentException if it is of a model that is not supported, or a field is
   *     wrong; the message names it
   */
  ModelDescription read() {
    String version = version();
    refuseWhatIsNotDone(version);
    return new ModelDescription(
        null,
        null,
        null,
        null,
        SamplingParameters.RWKV,
        0,
        version.equals("4") ? told("context_length", 0) : 0,
        groupNormEps(version),
        version,
        dimensions(version),
        version.equals("7") ? ranks() : Map.of());
  }

  private String version() {
    String type = root.path("model_type").asText("");
    return switch (type) {
      case "rwkv" -> "4";
      case "rwkv5", "rwkv6", "rwkv7" -> type.substring("rwkv".length());
      case "rwkv7_fla" -> "7";
      default ->
          throw new IllegalArgumentException(
              "the field model_type is '"
                  + type.substring(0, Math.min(type.length(), 40)).replaceAll("\\p{Cntrl}", "?")
                  + "', which is none of rwkv, rwkv5, rwkv6, rwkv7 and rwkv7_fla");
    };
  }

  private void refuseWhatIsNotDone(String version) {
    refuse("tie_word_embeddings", "true", "no RWKV has one table for both ends");
    refuse("norm_first", "false", "without the first norm it is another model");
    refuse("norm_bias", "false", "without the biases of its norms it is another model");
    refuse("attention_bias", "true", "RWKV's matrices have no biases");
    if (set("quantization_config")) {
      throw new IllegalArgumentException(
          "the field quantization_config says that the weights are quantised in a way that is not"
              + " supported");
    }
    if (set("attn")) {
      throw new IllegalArgumentException(
          "the field attn is set: a hybrid of RWKV and attention is not supported");
    }
    if (version.equals("7") && set("hidden_act")) {
      String activation = root.path("hidden_act").asText();
      if (!activation.equals("sqrelu") && !activation.equals("relu2")) {
        throw new IllegalArgumentException("the field hidden_act is not sqrelu");
      }
    }
    for (String field : new String[] {"layer_norm_epsilon", "layer_norm_eps", "norm_eps"}) {
      if (set(field) && ModelDescription.number(root, field, 0) != LAYER_NORM_EPS) {
        throw new IllegalArgumentException("the field " + field + " is not 1e-5, as in every RWKV");
      }
    }
  }

  private void refuse(String field, String value, String why) {
    if (root.path(field).asText().equals(value)) {
      throw new IllegalArgumentException("the field " + field + " is " + value + ": " + why);
    }
  }

  /**
   * Dividing by d before the norm, as the code of version 5 does, is the same as an epsilon d²
   * times as large. The code of version 7 derives it from the head size instead, which is the usual
   * one for the usual heads of 64 and is not what BlinkDL's code does for others.
   */
  private float groupNormEps(String version) {
    if (version.equals("4") || version.equals("7")) {
      return 0;
    }
    int divisor = told("head_size_divisor", USUAL_DIVISOR);
    return divisor == USUAL_DIVISOR ? 0 : (float) (LAYER_NORM_EPS * divisor * divisor);
  }

  private Map<String, Integer> dimensions(String version) {
    Map<String, Integer> found = new TreeMap<>();
    DIMENSIONS.forEach((name, fields) -> {
      for (String field : fields) {
        if (set(field) && !(version.equals("4") && name.startsWith("head"))) {
          found.put(field, told(field, 0));
        }
      }
    });
    Integer width = found.get("hidden_size");
    for (JsonNode value : root.path("value_dim")) {
      if (width == null || value.asInt() != width) {
        throw new IllegalArgumentException("the field value_dim is not hidden_size everywhere");
      }
    }
    return Map.copyOf(found);
  }

  private Map<String, Integer> ranks() {
    Map<String, Integer> found = new TreeMap<>();
    for (String field : RANKS.keySet()) {
      if (set(field)) {
        found.put(field, told(field, 0));
      }
    }
    return Map.copyOf(found);
  }

  private boolean set(String field) {
    JsonNode value = root.path(field);
    return !value.isMissingNode() && !value.isNull();
  }

  private int told(String field, int absent) {
    return set(field) ? ModelDescription.whole(root, field) : absent;
  }
}
