package dev.skein.model.adapter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.skein.model.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What PEFT's {@code adapter_config.json} says of the scale of an adapter.
 *
 * @param alpha null if it is not told
 * @param byRoot whether the scale is {@code alpha / sqrt(rank)} (rank-stabilised LoRA)
 */
record AdapterConfig(@Nullable Float alpha, boolean byRoot) {
  private static final String NAME = "adapter_config.json";
  private static final long SIZE_MAX = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build());
  }

  /** Reads the configuration beside a file of factors; there need be none. */
  static AdapterConfig beside(Path factors) throws IOException {
    Path config = factors.resolveSibling(NAME);
    if (!Files.isRegularFile(config)) {
      return new AdapterConfig(null, false);
    }
    if (Files.size(config) > SIZE_MAX) {
      throw ModelFormatException.damaged(
          config, "a configuration has at most " + SIZE_MAX + " bytes");
    }
    try {
      return of(config, JSON.readTree(new String(Files.readAllBytes(config), UTF_8)));
    } catch (JsonProcessingException e) {
      throw ModelFormatException.damaged(
          config, "it is not valid JSON (" + e.getOriginalMessage() + ")");
    }
  }

  private static AdapterConfig of(Path config, JsonNode root) throws ModelFormatException {
    String type = root.path("peft_type").asText("LORA");
    boolean plain =
        type.equals("LORA")
            && !root.path("use_dora").asBoolean()
            && !root.path("fan_in_fan_out").asBoolean()
            && root.path("alpha_pattern").isEmpty();
    if (!plain) {
      throw ModelFormatException.of(
          config,
          "it asks for more than plain LoRA (peft_type, use_dora, fan_in_fan_out or"
              + " alpha_pattern)",
          "merge this adapter where it was trained, and give the merged model");
    }
    JsonNode alpha = root.path("lora_alpha");
    if (!alpha.isMissingNode() && !(alpha.isNumber() && alpha.floatValue() > 0)) {
      throw ModelFormatException.of(
          config, "its lora_alpha is no positive number", "correct it, or give FILE:ALPHA");
    }
    return new AdapterConfig(
        alpha.isMissingNode() ? null : alpha.floatValue(), root.path("use_rslora").asBoolean());
  }

  /**
   * By what the product of factors of that rank is multiplied.
   *
   * @param given an alpha that comes first, or null
   */
  float scale(@Nullable Float given, int rank) {
    Float chosen = given != null ? given : alpha;
    if (chosen == null) {
      return 1;
    }
    return byRoot ? (float) (chosen / Math.sqrt(rank)) : chosen / rank;
  }
}
