package dev.skein.router.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.Constraint;
import dev.skein.proto.Request;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.CallHeaders;
import dev.skein.router.openai.CallParser;
import dev.skein.router.openai.FormatField;
import dev.skein.router.openai.JsonFields;
import dev.skein.router.openai.ReplyForm;
import dev.skein.router.openai.ToolFields;
import dev.skein.router.openai.Unsupported;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call of {@code /v1/responses}, checked.
 *
 * @param request all that the worker needs, but for model, request id and note, and for the session
 *     of a response that begins one
 * @param told what the response says of its request
 * @param before how many of the request's messages come before the input: functions, instructions
 * @param form how the text of the answer is to be read
 * @param cacheKey what the client names its prompt's beginning, or null
 * @param pool of the response that it goes on from, if that one's id says it; else ""
 * @param begins whether the response is kept and goes on from none: it begins a session
 */
public record ResponseCall(
    Request request,
    ObjectNode told,
    int before,
    ReplyForm form,
    @Nullable String model,
    @Nullable String cacheKey,
    boolean stream,
    boolean background,
    String pool,
    boolean begins) {
  private static final List<String> UNSUPPORTED =
      List.of("conversation", "prompt", "top_logprobs", "max_tool_calls");

  /** Fields that say nothing to the model and are told back as they came. */
  private static final List<String> ECHOED =
      List.of(
          "instructions",
          "metadata",
          "max_output_tokens",
          "previous_response_id",
          "temperature",
          "top_p",
          "tools",
          "tool_choice",
          "user",
          "safety_identifier",
          "prompt_cache_key");

  /** Reads and checks a body. */
  public static ResponseCall parse(CallParser parser, byte[] body, CallHeaders headers)
      throws ApiException {
    JsonFields fields = JsonFields.parse(body);
    for (String name : UNSUPPORTED) {
      if (fields.get(name) != null) {
        throw Unsupported.refusal(name);
      }
    }
    Request.Builder request = parser.common(fields, headers, "max_output_tokens");
    request.setChoices(1);
    List<String> tools = ToolFields.read(fields, request, false);
    format(fields, request);
    int before = request.getMessagesCount() + ResponseInput.instructions(fields, request);
    ResponseInput.read(fields, request);
    boolean store = !Boolean.FALSE.equals(fields.bool("store"));
    boolean background = fields.flag("background");
    String pool = previous(fields, request);
    if (background && !store) {
      throw ApiException.invalid(
          "store", "'background' needs 'store': a response is fetched later.");
    }
    boolean begins = store && request.getSession().isEmpty();
    return new ResponseCall(
        request.build(),
        told(fields, store, background),
        before,
        ReplyForm.chat(request.hasConstraint(), tools),
        CallParser.model(fields),
        CallParser.cacheKey(fields),
        fields.flag("stream"),
        background,
        pool,
        begins);
  }

  /** What is to be told again of it. */
  public ResponseNote note(String modelName, boolean thinks) {
    return new ResponseNote(told.deepCopy().put("model", modelName), form.thinking(thinks), before);
  }

  private static void format(JsonFields fields, Request.Builder request) throws ApiException {
    JsonNode text = fields.get("text");
    if (text != null && !text.isObject()) {
      throw fields.wrong("text", "an object", text);
    }
    if (text != null && text.hasNonNull("format")) {
      JsonNode format = text.get("format");
      Constraint asked = FormatField.format(new JsonFields(text, "text."), "format", format, false);
      FormatField.put(asked, request);
    }
  }

  /**
   * A response goes on from the newest turn of a session; from older ones a fork would. The pool
   * that the id names.
   */
  private static String previous(JsonFields fields, Request.Builder request) throws ApiException {
    String previous = fields.string("previous_response_id");
    if (previous == null) {
      return "";
    }
    ResponseId id = ResponseId.parse(previous);
    if (id == null || id.session().isEmpty()) {
      throw new ApiException(
          ApiError.refused(
              404,
              "response_not_found",
              "previous_response_id",
              "There is no response '" + previous + "' to go on from."));
    }
    if (!request.getSession().isEmpty() && !request.getSession().equals(id.session())) {
      throw ApiException.invalid(
          "session", "'session' and 'previous_response_id' name different sessions.");
    }
    request.setSession(id.session()).setEphemeral(false).setExpectRequest(id.requestId());
    return id.pool();
  }

  private static ObjectNode told(JsonFields fields, boolean store, boolean background) {
    ObjectNode told = JsonNodeFactory.instance.objectNode();
    told.put("background", background).put("store", store);
    told.put("parallel_tool_calls", false).put("truncation", "disabled");
    for (String name : ECHOED) {
      JsonNode value = fields.object().get(name);
      told.set(name, value == null ? JsonNodeFactory.instance.nullNode() : value);
    }
    if (told.get("metadata").isNull()) {
      told.putObject("metadata");
    }
    if (!told.get("tools").isArray()) {
      told.putArray("tools");
    }
    if (told.get("tool_choice").isNull()) {
      told.put("tool_choice", "auto");
    }
    JsonNode format = fields.object().path("text").path("format");
    ObjectNode text = told.putObject("text");
    if (format.isObject()) {
      text.set("format", format);
    } else {
      text.putObject("format").put("type", "text");
    }
    told.putObject("reasoning").putNull("effort").putNull("summary");
    return told;
  }
}
