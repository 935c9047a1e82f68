package dev.skein.router.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.BadRecordException;
import dev.skein.proto.Request;
import dev.skein.proto.SessionId;
import dev.skein.proto.Wire;
import dev.skein.router.delivery.ResumePoint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link CompletionCall} of a body. What would change the answer and cannot be done is
 * refused by name; what does no harm is let be.
 */
public final class CallParser {
  private static final String RETURN_STATE = "return_state";
  private static final int DEFAULT_MAX_TOKENS = 1_024;
  private static final int CHOICES_MAX = 16;
  private static final int PROMPTS_MAX = 128;
  private static final int STOPS_MAX = 16;
  private static final int STOP_BYTES_MAX = 256;
  private static final int STOP_TOKENS_MAX = 256;
  private static final int LOGPROBS_MAX = 20;
  private static final int MODEL_CHARS_MAX = 256;
  private static final int CACHE_KEY_CHARS_MAX = 256;

  private final int maxTokensMax;

  /**
   * @param maxTokensMax the largest {@code max_tokens} that is accepted
   */
  public CallParser(int maxTokensMax) {
    this.maxTokensMax = maxTokensMax;
  }

  CompletionCall chat(byte[] body, CallHeaders headers) throws ApiException {
    JsonFields fields = JsonFields.parse(body);
    Unsupported.refuseInChat(fields);
    Request.Builder request = common(fields, headers);
    List<String> tools = ToolFields.read(fields, request, true);
    FormatField.read(fields, request);
    ChatMessages.read(fields, request);
    Integer alternatives = fields.integer("top_logprobs", 0, LOGPROBS_MAX);
    if (fields.flag("logprobs")) {
      request.setLogprobs(alternatives == null ? 0 : alternatives);
    } else if (alternatives != null) {
      throw ApiException.invalid("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
    }
    ReplyForm form = ReplyForm.chat(request.hasConstraint(), tools);
    return call(fields, List.of(request.build()), form, headers);
  }

  CompletionCall text(byte[] body, CallHeaders headers) throws ApiException {
    JsonFields fields = JsonFields.parse(body);
    Unsupported.refuseInText(fields);
    Request.Builder request = common(fields, headers);
    FormatField.read(fields, request);
    List<PromptField.Prompt> prompts = PromptField.prompts(fields, "prompt", PROMPTS_MAX);
    boolean isKept = !request.getSession().isEmpty() || fields.flag(RETURN_STATE);
    if (prompts.size() > 1 && isKept) {
      throw ApiException.invalid(
          "prompt",
          "'prompt' may hold one prompt where a session is named, or 'return_state' is true: it is"
              + " the session's next turn.");
    }
    Integer logprobs = fields.integer("logprobs", 0, LOGPROBS_MAX);
    if (logprobs != null) {
      request.setLogprobs(logprobs);
    }
    List<Request> requests = new ArrayList<>();
    for (PromptField.Prompt prompt : prompts) {
      requests.add(prompt.into(request.clone()).build());
    }
    return call(fields, requests, ReplyForm.TEXT, headers);
  }

  private static CompletionCall call(
      JsonFields fields, List<Request> requests, ReplyForm form, CallHeaders headers)
      throws ApiException {
    boolean stream = fields.flag("stream");
    return new CompletionCall(
        requests,
        form,
        model(fields),
        stream,
        stream && includeUsage(fields),
        cacheKey(fields),
        fields.flag(RETURN_STATE),
        resume(headers, requests, stream && form.tools().isEmpty()));
  }

  /** The model that a body names, or null. */
  public static @Nullable String model(JsonFields fields) throws ApiException {
    String model = fields.string("model");
    if (model != null && model.length() > MODEL_CHARS_MAX) {
      throw ApiException.invalid("model", "'model' is longer than any model's name.");
    }
    return model == null || model.isEmpty() ? null : model;
  }

  /** What a body names its prompt's beginning, or null. */
  public static @Nullable String cacheKey(JsonFields fields) throws ApiException {
    String key = fields.string("prompt_cache_key");
    if (key != null && key.length() > CACHE_KEY_CHARS_MAX) {
      throw ApiException.invalid(
          "prompt_cache_key",
          "'prompt_cache_key' must not be longer than " + CACHE_KEY_CHARS_MAX + " characters.");
    }
    return key == null || key.isEmpty() ? null : key;
  }

  private static @Nullable ResumePoint resume(
      CallHeaders headers, List<Request> requests, boolean stream) throws ApiException {
    String id = headers.lastEventId();
    if (id == null || id.isEmpty()) {
      return null;
    }
    ResumePoint resume = ResumePoint.parse(id);
    if (resume == null || resume.choice() != 0) {
      throw ApiException.invalid(
          "Last-Event-ID", "'Last-Event-ID' must be the id of an event of a stream of one choice.");
    }
    Request request = requests.getFirst();
    boolean one = requests.size() == 1 && request.getChoices() <= 1;
    if (!stream || request.getRequestId().isEmpty() || !one) {
      throw ApiException.invalid(
          "Last-Event-ID",
          "'Last-Event-ID' goes on with a stream of one choice without tools: send the same body"
              + " with 'stream': true, and the answer's header x-request-id as 'Idempotency-Key'.");
    }
    return resume;
  }

  private static boolean includeUsage(JsonFields fields) throws ApiException {
    JsonNode options = fields.get("stream_options");
    if (options == null) {
      return false;
    }
    if (!options.isObject()) {
      throw fields.wrong("stream_options", "an object", options);
    }
    return new JsonFields(options, "stream_options.").flag("include_usage");
  }

  private Request.Builder common(JsonFields fields, CallHeaders headers) throws ApiException {
    return common(fields, headers, "max_completion_tokens");
  }

  /**
   * What all calls have in common.
   *
   * @param maxField the call's name for the most tokens to be drawn
   */
  public Request.Builder common(JsonFields fields, CallHeaders headers, String maxField)
      throws ApiException {
    Request.Builder request = Request.newBuilder();
    identity(fields, headers, request);
    length(fields, request, maxField);
    SamplingFields.read(fields, request);
    Integer choices = fields.integer("n", 1, CHOICES_MAX);
    request.setChoices(choices == null ? 1 : choices);
    Long seed = fields.integer64("seed");
    if (seed != null) {
      request.setSeed(seed);
    }
    extras(fields, request);
    return request;
  }

  private static void identity(JsonFields fields, CallHeaders headers, Request.Builder request)
      throws ApiException {
    String session = same("session", fields.string("session"), "Skein-Session", headers.session());
    if (session == null) {
      request.setEphemeral(true);
    } else {
      try {
        request.setSession(SessionId.check(session));
      } catch (BadRecordException e) {
        throw ApiException.invalid("session", String.valueOf(e.getMessage()));
      }
    }
    String id =
        same(
            "request_id", fields.string("request_id"), "Idempotency-Key", headers.idempotencyKey());
    if (id != null) {
      request.setRequestId(requestId(id));
    }
  }

  /** An id that a client gave to its request, checked. */
  static String requestId(String id) throws ApiException {
    if (id.isEmpty()
        || id.length() > Wire.REQUEST_ID_BYTES_MAX
        || !id.chars().allMatch(c -> c > ' ' && c <= '~')) {
      throw ApiException.invalid(
          "request_id",
          "'request_id' must be 1 to "
              + Wire.REQUEST_ID_BYTES_MAX
              + " visible ASCII characters without blanks.");
    }
    return id;
  }

  private static @Nullable String same(
      String field, @Nullable String value, String header, @Nullable String headerValue)
      throws ApiException {
    if (value != null && headerValue != null && !Objects.equals(value, headerValue)) {
      throw ApiException.invalid(
          field, "'" + field + "' and the header " + header + " name different things.");
    }
    return value != null ? value : headerValue;
  }

  private void length(JsonFields fields, Request.Builder request, String maxField)
      throws ApiException {
    Integer old = fields.integer("max_tokens", 1, maxTokensMax);
    Integer max = fields.integer(maxField, 1, maxTokensMax);
    if (max == null) {
      max = old == null ? Integer.valueOf(Math.min(DEFAULT_MAX_TOKENS, maxTokensMax)) : old;
    }
    request.setMaxTokens(max);
    JsonNode stop = fields.get("stop");
    if (stop != null) {
      stops(fields, stop, request);
    }
    JsonNode tokens = fields.get("stop_tokens");
    if (tokens != null) {
      if (tokens.size() > STOP_TOKENS_MAX) {
        throw ApiException.invalid(
            "stop_tokens", "'stop_tokens' has more than " + STOP_TOKENS_MAX + " tokens.");
      }
      PromptField.tokens(fields, "stop_tokens", tokens).forEach(request::addStopTokens);
    }
    request.setIgnoreEndOfText(fields.flag("ignore_end_of_text"));
  }

  private static void stops(JsonFields fields, JsonNode stop, Request.Builder request)
      throws ApiException {
    if (!stop.isTextual() && !stop.isArray()) {
      throw fields.wrong("stop", "a string or a list of strings", stop);
    }
    if (stop.size() > STOPS_MAX) {
      throw ApiException.invalid("stop", "'stop' has more than " + STOPS_MAX + " strings.");
    }
    Iterable<JsonNode> strings = stop.isTextual() ? List.of(stop) : stop;
    for (JsonNode string : strings) {
      if (!string.isTextual()
          || string.textValue().isEmpty()
          || string.textValue().getBytes(StandardCharsets.UTF_8).length > STOP_BYTES_MAX) {
        throw fields.wrong(
            "stop", "one or more strings of 1 to " + STOP_BYTES_MAX + " bytes", string);
      }
      request.addStop(JsonFields.wellFormed(string.textValue()));
    }
  }

  private static void extras(JsonFields fields, Request.Builder request) throws ApiException {
    request.setBackground(fields.flag("background"));
    request.setNoCache(fields.flag("no_cache"));
    Integer deadline = fields.integer("deadline_ms", 1, Integer.MAX_VALUE);
    if (deadline != null) {
      request.setDeadlineMs(deadline);
    }
    Integer priority = fields.integer("priority", -100, 100);
    if (priority != null) {
      request.setPriority(priority);
    }
    Integer turn = fields.integer("expect_turn", 0, Integer.MAX_VALUE);
    if (turn != null) {
      request.setExpectTurn(turn);
    }
    String start = fields.string("start_state");
    if (start != null) {
      request.setStartState(start);
    }
  }
}
