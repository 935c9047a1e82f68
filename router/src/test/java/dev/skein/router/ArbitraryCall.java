package dev.skein.router;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A call of the API as a careless or malicious client makes it; the seed decides everything. */
final class ArbitraryCall {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> POSTED =
      List.of("/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses");
  private static final List<String> GOT =
      List.of(
          "/",
          "/v1/models",
          "/v1/models/%00",
          "/v1/models/a%2Fb%20%C3%A9",
          "/v1/sessions",
          "/v1/sessions/none",
          "/v1/sessions?limit=x",
          "/v1/responses/resp_%F0",
          "/v1/responses/resp_AAAA?stream=true&starting_after=99999999999",
          "/v1/responses//cancel",
          "/v1/responses/resp_AAAA/input_items?limit=0",
          "/v1/responses/resp_AAAA/else",
          "/v1/sessions/none/transcript",
          "/v1/sessions/none/export?x=%F0",
          "/openapi.json",
          "/v1",
          "/v1/chat/completions/",
          "/%2e%2e/etc");
  private static final List<String> METHODS =
      List.of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD");
  private static final List<String> FIELDS =
      List.of(
          "model",
          "messages",
          "prompt",
          "input",
          "stream",
          "stream_options",
          "n",
          "stop",
          "seed",
          "max_tokens",
          "max_completion_tokens",
          "max_output_tokens",
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "typical_p",
          "presence_penalty",
          "frequency_penalty",
          "penalty_decay",
          "half_life",
          "logit_bias",
          "logprobs",
          "top_logprobs",
          "stop_tokens",
          "session",
          "request_id",
          "tools",
          "tool_choice",
          "response_format",
          "constraint",
          "text",
          "instructions",
          "store",
          "metadata",
          "previous_response_id",
          "encoding_format",
          "dimensions",
          "vector",
          "normalize",
          "echo",
          "suffix",
          "best_of",
          "deadline_ms",
          "priority",
          "expect_turn",
          "start_state",
          "return_state",
          "no_cache",
          "user",
          "audio",
          "modalities",
          "functions",
          "background",
          "ignore_end_of_text",
          "unheard_of");
  private static final List<String> WORDS =
      List.of(
          "fuzz",
          "fuzz you",
          "",
          "user",
          "system",
          "tool",
          "function",
          "json_schema",
          "json_object",
          "text",
          "auto",
          "required",
          "none",
          "float",
          "base64",
          "fuzz \ud83d\ude00 \u0000",
          "scripted-1",
          "fuzz \ud800");

  private final SplittableRandom random;
  private final String path;
  private final String method;
  private final byte[] body;
  private final Map<String, String> headers = new LinkedHashMap<>();

  ArbitraryCall(long seed) {
    random = new SplittableRandom(seed);
    boolean posts = random.nextInt(8) > 0;
    path = posts ? one(POSTED) : one(GOT);
    method = posts && random.nextInt(20) > 0 ? "POST" : one(METHODS);
    body = posts ? posted() : new byte[0];
    headers.put("content-type", random.nextInt(20) > 0 ? "application/json" : "text/plain");
    if (random.nextInt(10) == 0) {
      headers.put(
          one(List.of("Skein-Session", "Idempotency-Key", "Last-Event-ID")),
          one(List.of("0", "1", "7.0.0", "fuzz", "a b")));
    }
  }

  String path() {
    return path;
  }

  String method() {
    return method;
  }

  byte[] body() {
    return body;
  }

  Map<String, String> headers() {
    return headers;
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private byte[] posted() {
    byte[] text = object().toString().getBytes(StandardCharsets.UTF_8);
    return switch (random.nextInt(16)) {
      case 0 -> Arrays.copyOf(text, random.nextInt(text.length + 1));
      case 1 -> {
        for (int i = random.nextInt(4); i >= 0; i--) {
          text[random.nextInt(text.length)] = (byte) random.nextInt(256);
        }
        yield text;
      }
      case 2 ->
          (random.nextBoolean() ? "[" : "{\"a\":")
              .repeat(1 + random.nextInt(20_000))
              .getBytes(StandardCharsets.UTF_8);
      case 3 -> text.length % 2 == 0 ? text : object().toString().getBytes(StandardCharsets.UTF_16);
      default -> text;
    };
  }

  /** A body that is right but for some of its fields. */
  private ObjectNode object() {
    ObjectNode body = NODES.objectNode();
    switch (path) {
      case "/v1/chat/completions" ->
          body.putArray("messages").addObject().put("role", "user").put("content", "fuzz");
      case "/v1/completions" -> body.put("prompt", "fuzz");
      default -> body.put("input", "fuzz");
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      body.set(one(FIELDS), value(0));
    }
    return body;
  }

  private JsonNode value(int depth) {
    return switch (random.nextInt(depth > 3 ? 8 : 12)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(random.nextBoolean());
      case 2 -> NODES.numberNode(random.nextInt(-2, 5));
      case 3 -> NODES.numberNode(random.nextLong());
      case 4 -> NODES.numberNode(random.nextDouble(-3, 3));
      case 5 -> NODES.numberNode(BigInteger.TEN.pow(random.nextInt(1, 60)));
      case 6 -> NODES.numberNode(new BigDecimal("1e" + random.nextInt(-400, 400)));
      case 7 -> NODES.textNode(random.nextInt(30) == 0 ? "x".repeat(100_000) : one(WORDS));
      case 8, 9 -> list(depth);
      default -> fields(depth);
    };
  }

  private ArrayNode list(int depth) {
    ArrayNode list = NODES.arrayNode();
    for (int i = random.nextInt(4); i > 0; i--) {
      list.add(value(depth + 1));
    }
    return list;
  }

  private ObjectNode fields(int depth) {
    ObjectNode object = NODES.objectNode();
    List<String> names =
        List.of(
            "type",
            "function",
            "name",
            "parameters",
            "role",
            "content",
            "json_schema",
            "schema",
            "format",
            "include_usage",
            "text",
            "tool_calls",
            "arguments",
            "$ref",
            "1",
            "-1");
    for (int i = random.nextInt(4); i > 0; i--) {
      object.set(one(names), value(depth + 1));
    }
    return object;
  }

  @Override
  public String toString() {
    String text = new String(body, StandardCharsets.UTF_8);
    return method
        + " "
        + path
        + " "
        + headers
        + " "
        + text.substring(0, Math.min(500, text.length()));
  }
}
