package dev.skein.model.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.sampling.SamplingPresets;
import dev.skein.model.text.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code config.json} says about a model; everything is optional in it.
 *
 * @param name what the model calls itself, or null
 * @param weights the file of the weights, a plain name, or null
 * @param vocabulary the tokenizer's file, a plain name, or null
 * @param template the layout of chats, or null if it is not told
 * @param sampling how tokens are drawn if a request does not say it
 * @param endOfText the token that ends a text
 * @param contextTrained tokens of the longest context in training, 0 if it is not told
 * @param groupNormEps 0 if it is not told
 * @param version "4", "5", "6" or "7", or null if it is not told
 * @param dimensions those of n_layer, n_embd, dim_ffn, head_size, n_head and vocab_size that are
 *     told, by the names that the configuration has for them: {@code n_layer}, or {@code
 *     num_hidden_layers}
 * @param ranks of the low-rank products of RWKV-7 that are told, by the field's name
 */
public record ModelDescription(
    @Nullable String name,
    @Nullable String weights,
    @Nullable String vocabulary,
    @Nullable ChatTemplate template,
    SamplingParameters sampling,
    int endOfText,
    int contextTrained,
    float groupNormEps,
    @Nullable String version,
    Map<String, Integer> dimensions,
    Map<String, Integer> ranks) {
  /** What holds for weights without a configuration. */
  public static final ModelDescription NONE =
      new ModelDescription(
          null, null, null, null, SamplingParameters.RWKV, 0, 0, 0, null, Map.of(), Map.of());

  private static final long SIZE_MAX = 1 << 20;
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._ -]{0,200}");
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build());
  }

  /**
   * Reads a configuration.
   *
   * @throws ModelFormatException if it is no JSON object, or a field has a wrong type or value; the
   *     message names it
   */
  public static ModelDescription read(Path config) throws IOException {
    if (Files.size(config) > SIZE_MAX) {
      throw ModelFormatException.damaged(
          config, "a configuration has at most " + SIZE_MAX + " bytes");
    }
    try {
      JsonNode root = JSON.readTree(new String(Files.readAllBytes(config), UTF_8));
      if (!root.isObject()) {
        throw new IllegalArgumentException("it is no JSON object");
      }
      return HuggingFaceConfig.describes(root) ? new HuggingFaceConfig(root).read() : of(root);
    } catch (JsonProcessingException e) {
      throw ModelFormatException.damaged(
          config, "it is not valid JSON (" + e.getOriginalMessage() + ")");
    } catch (IllegalArgumentException e) {
      throw ModelFormatException.of(
          config, String.valueOf(e.getMessage()), "correct the field, or take the published file");
    }
  }

  /**
   * A configuration in our own form.
   *
   * @param file for messages
   * @throws ModelFormatException as {@link #read}
   */
  public static ModelDescription of(Path file, JsonNode root) throws ModelFormatException {
    try {
      return of(root);
    } catch (IllegalArgumentException e) {
      throw ModelFormatException.of(
          file, String.valueOf(e.getMessage()), "correct the field, or take the published file");
    }
  }

  /** The fields that do not name files and that the weights do not tell, in our own form. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", name);
    json.put("group_norm_eps", groupNormEps);
    json.putObject("tokenizer").put("eos_token_id", endOfText);
    json.putObject("training").put("context", contextTrained);
    if (template != null) {
      json.set("chat_template", template.toJson());
    }
    ObjectNode draws = json.putObject("sampling");
    draws.put("temperature", sampling.temperature());
    draws.put("top_p", sampling.topP());
    draws.put("top_k", sampling.topK());
    draws.put("presence_penalty", sampling.presencePenalty());
    draws.put("frequency_penalty", sampling.frequencyPenalty());
    draws.put("penalty_decay", sampling.penaltyDecay());
    return json;
  }

  private static ModelDescription of(JsonNode root) {
    JsonNode files = root.path("files");
    JsonNode tokenizer = root.path("tokenizer");
    return new ModelDescription(
        text(root, "name"),
        plainName(files, files.has("weights") ? "weights" : "safetensors"),
        plainName(tokenizer, "vocab"),
        template(root.path("chat_template")),
        sampling(root.path("sampling")),
        whole(tokenizer, "eos_token_id"),
        whole(root.path("training"), "context"),
        (float) number(root, "group_norm_eps", 0),
        null,
        dimensions(root),
        Map.of());
  }

  private static @Nullable ChatTemplate template(JsonNode template) {
    return template.isMissingNode() ? null : ChatTemplate.of(template);
  }

  private static SamplingParameters sampling(JsonNode sampling) {
    if (sampling.isMissingNode()) {
      return SamplingParameters.RWKV;
    }
    if (sampling.isTextual()) {
      return SamplingPresets.named(sampling.textValue());
    }
    if (!sampling.isObject()) {
      throw new IllegalArgumentException("the field sampling is no object and no name");
    }
    SamplingParameters plain = SamplingParameters.PLAIN;
    return plain
        .withTemperature((float) number(sampling, "temperature", plain.temperature()))
        .withTopP((float) number(sampling, "top_p", plain.topP()))
        .withTopK(whole(sampling, "top_k"))
        .withPresencePenalty((float) number(sampling, "presence_penalty", 0))
        .withFrequencyPenalty((float) number(sampling, "frequency_penalty", 0))
        .withPenaltyDecay((float) number(sampling, "penalty_decay", plain.penaltyDecay()));
  }

  private static Map<String, Integer> dimensions(JsonNode root) {
    Map<String, Integer> found = new TreeMap<>();
    for (String field :
        new String[] {"n_layer", "n_embd", "dim_ffn", "head_size", "n_head", "vocab_size"}) {
      if (root.has(field)) {
        found.put(field, whole(root, field));
      }
    }
    return Map.copyOf(found);
  }

  private static @Nullable String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw new IllegalArgumentException("the field " + field + " is no text");
    }
    return value.textValue();
  }

  private static @Nullable String plainName(JsonNode node, String field) {
    String name = text(node, field);
    if (name != null && !PLAIN_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the field " + field + " must be the plain name of a file in this folder");
    }
    return name;
  }

  static int whole(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (value.isMissingNode()) {
      return 0;
    }
    if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < 0) {
      throw new IllegalArgumentException("the field " + field + " is no whole number from 0 on");
    }
    return value.intValue();
  }

  static double number(JsonNode node, String field, double absent) {
    JsonNode value = node.path(field);
    if (!value.isMissingNode() && !value.isNumber()) {
      throw new IllegalArgumentException("the field " + field + " is no number");
    }
    return value.isMissingNode() ? absent : value.doubleValue();
  }
}
