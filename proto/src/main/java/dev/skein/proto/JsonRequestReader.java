package dev.skein.proto;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON form of a request, read by types; what its values must be is for {@link RequestRules}.
 */
final class JsonRequestReader {

  private static final int ANY = Integer.MAX_VALUE;

  private final JsonFields in;
  private final Request.Builder out = Request.newBuilder();

  private JsonRequestReader(JsonFields in) {
    this.in = in;
  }

  static Request read(ObjectNode object) throws BadRecordException {
    JsonRequestReader reader = new JsonRequestReader(new JsonFields(object, ""));
    reader.readNames();
    reader.readInput();
    reader.readGeneration();
    reader.readSampling();
    reader.readCircumstances();
    reader.refuseWhatWouldChangeTheAnswer();
    return reader.out.build();
  }

  private void readNames() throws BadRecordException {
    out.setRequestId(in.stringOr("request_id", ""))
        .setSession(in.stringOr("session", ""))
        .setModel(in.stringOr("model", ""))
        .setKind(word(Kind.class, Kind.KIND_GENERATE, "kind", "KIND_"))
        .setEventFormat(
            word(
                EventFormat.class,
                EventFormat.EVENT_FORMAT_AS_REQUEST,
                "event_format",
                "EVENT_FORMAT_"));
  }

  private <E extends Enum<E>> E word(Class<E> type, E absent, String name, String prefix)
      throws BadRecordException {
    String word = in.string(name);
    if (word == null) {
      return absent;
    }
    for (E value : type.getEnumConstants()) {
      if (value.name().equals(prefix + upper(word)) && !value.name().equals("UNRECOGNIZED")) {
        return value;
      }
    }
    throw new BadRecordException(
        BadRecordException.INVALID_REQUEST,
        name,
        "Field " + name + " does not know the word \"" + word + "\".");
  }

  /**
   * Upper case only of what is lower case and ASCII, so that no other spelling is taken for a word.
   */
  private static String upper(String word) {
    StringBuilder upper = new StringBuilder();
    word.chars()
        .forEach(c -> upper.append((char) (c >= 'a' && c <= 'z' ? c - 32 : c == '_' ? c : '?')));
    return upper.toString();
  }

  private void readInput() throws BadRecordException {
    JsonNode prompt = in.get("prompt");
    if (prompt instanceof ArrayNode list) {
      readListedPrompt(list);
    } else if (prompt != null) {
      out.setPrompt(JsonFields.asString(prompt, "prompt"));
    }
    ArrayNode tokens = in.list("tokens");
    if (tokens != null) {
      for (int i = 0; i < tokens.size(); i++) {
        out.addTokens(JsonFields.asInteger(tokens.get(i), "tokens[" + i + "]", 0, ANY));
      }
    }
    ArrayNode messages = in.list("messages");
    if (messages != null) {
      for (int i = 0; i < messages.size(); i++) {
        out.addMessages(message(messages.get(i), "messages[" + i + "]"));
      }
    }
  }

  /** As in the OpenAI API: a list with one text, or a list of token ids. */
  private void readListedPrompt(ArrayNode list) throws BadRecordException {
    if (list.size() == 1 && list.get(0).isTextual()) {
      out.setPrompt(JsonFields.asString(list.get(0), "prompt[0]"));
      return;
    }
    if (!list.isEmpty() && list.get(0).isTextual()) {
      throw new BadRecordException(
          BadRecordException.UNSUPPORTED, "prompt", "Field prompt may hold only one text.");
    }
    for (int i = 0; i < list.size(); i++) {
      out.addTokens(JsonFields.asInteger(list.get(i), "prompt[" + i + "]", 0, ANY));
    }
  }

  private static ChatMessage message(JsonNode node, String name) throws BadRecordException {
    JsonFields fields = JsonFields.of(node, name);
    String role = fields.string("role");
    if (role == null) {
      throw new BadRecordException(
          BadRecordException.INVALID_REQUEST,
          name + ".role",
          "Field " + name + ".role is missing.");
    }
    return ChatMessage.newBuilder()
        .setRole(role)
        .setContent(content(fields.get("content"), name + ".content"))
        .setName(fields.stringOr("name", ""))
        .build();
  }

  private static String content(@Nullable JsonNode content, String name) throws BadRecordException {
    if (content == null) {
      return "";
    }
    if (!(content instanceof ArrayNode parts)) {
      if (!content.isTextual()) {
        throw JsonFields.wrong(name, "a string or a list of parts", content);
      }
      return JsonFields.asString(content, name);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      text.append(part(JsonFields.of(parts.get(i), name + "[" + i + "]"), name + "[" + i + "]"));
    }
    return text.toString();
  }

  private static String part(JsonFields part, String name) throws BadRecordException {
    String type = part.stringOr("type", "");
    if (!type.equals("text")) {
      throw new BadRecordException(
          BadRecordException.INVALID_REQUEST,
          name,
          "Field "
              + name
              + " is a part of type \""
              + type
              + "\"; only parts of type \"text\" can be read.");
    }
    return part.stringOr("text", "");
  }

  private void readGeneration() throws BadRecordException {
    Integer maxTokens = in.integer("max_tokens", 0, ANY);
    if (maxTokens == null) {
      maxTokens = in.integer("max_completion_tokens", 0, ANY);
    }
    if (maxTokens != null) {
      out.setMaxTokens(maxTokens);
    }
    Long seed = in.bits64("seed");
    if (seed != null) {
      out.setSeed(seed);
    }
    readStops();
    out.setChoices(in.integerOr("n", 1, ANY, 0));
    readLogprobs();
    out.setIgnoreEndOfText(in.flag("ignore_end_of_text"));
    out.setVector(word(Vector.class, Vector.VECTOR_HIDDEN, "vector", "VECTOR_"));
    JsonFields constraint = in.child(JsonConstraint.FIELD);
    if (constraint != null) {
      out.setConstraint(JsonConstraint.read(constraint));
    }
  }

  private void readStops() throws BadRecordException {
    JsonNode stop = in.get("stop");
    if (stop instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        out.addStop(JsonFields.asString(list.get(i), "stop[" + i + "]"));
      }
    } else if (stop != null) {
      if (!stop.isTextual()) {
        throw JsonFields.wrong("stop", "a string or a list of strings", stop);
      }
      out.addStop(JsonFields.asString(stop, "stop"));
    }
    ArrayNode tokens = in.list("stop_tokens");
    if (tokens != null) {
      for (int i = 0; i < tokens.size(); i++) {
        out.addStopTokens(JsonFields.asInteger(tokens.get(i), "stop_tokens[" + i + "]", 0, ANY));
      }
    }
  }

  /** A number, as in completions, or true and {@code top_logprobs}, as in chat completions. */
  private void readLogprobs() throws BadRecordException {
    JsonNode logprobs = in.get("logprobs");
    if (logprobs == null) {
      return;
    }
    if (!logprobs.isBoolean()) {
      if (!logprobs.isNumber()) {
        throw JsonFields.wrong("logprobs", "true, false or an integer", logprobs);
      }
      out.setLogprobs(JsonFields.asInteger(logprobs, "logprobs", 0, ANY));
    } else if (logprobs.booleanValue()) {
      out.setLogprobs(in.integerOr("top_logprobs", 0, ANY, 0));
    }
  }

  private void readSampling() throws BadRecordException {
    Sampling.Builder sampling = Sampling.newBuilder();
    for (SamplingField field : SamplingField.REALS) {
      Float value = in.real(field.name());
      if (value != null) {
        field.set(sampling, value);
      }
    }
    Integer topK = in.integer("top_k", 0, ANY);
    if (topK != null) {
      sampling.setTopK(topK);
    }
    JsonFields bias = in.child("logit_bias");
    if (bias != null) {
      for (Map.Entry<String, JsonNode> entry : bias.object().properties()) {
        String name = "logit_bias." + entry.getKey();
        sampling.putLogitBias(
            tokenId(entry.getKey(), name), JsonFields.asReal(entry.getValue(), name));
      }
    }
    if (!sampling.build().equals(Sampling.getDefaultInstance())) {
      out.setSampling(sampling);
    }
  }

  private static int tokenId(String digits, String name) throws BadRecordException {
    if (digits.matches("[0-9]{1,9}")) {
      return Integer.parseInt(digits);
    }
    throw new BadRecordException(
        BadRecordException.INVALID_REQUEST,
        name,
        "Field " + name + " must be named by a token id, in digits.");
  }

  private void readCircumstances() throws BadRecordException {
    Integer expectTurn = in.integer("expect_turn", 0, ANY);
    if (expectTurn != null) {
      out.setExpectTurn(expectTurn);
    }
    Integer parentTurn = in.integer("parent_turn", 0, ANY);
    if (parentTurn != null) {
      out.setParentTurn(parentTurn);
    }
    out.setEphemeral(in.flag("ephemeral"))
        .setStartState(in.stringOr("start_state", ""))
        .setDeadlineMs(in.integerOr("deadline_ms", 0, ANY, 0))
        .setPriority(in.integerOr("priority", Integer.MIN_VALUE, ANY, 0))
        .setBackground(in.flag("background"))
        .setNoCache(in.flag("no_cache"))
        .setTenant(in.stringOr("tenant", ""))
        .setReplyTopic(in.stringOr("reply_topic", ""))
        .setNote(in.stringOr("note", ""))
        .setExpectRequest(in.stringOr("expect_request", ""))
        .setTarget(in.stringOr("target", ""));
  }

  /** Unknown fields do no harm, but these ask for another answer than the one that would come. */
  private void refuseWhatWouldChangeTheAnswer() throws BadRecordException {
    for (String name : new String[] {"tools", "functions"}) {
      JsonNode value = in.get(name);
      if (value != null && !value.isEmpty()) {
        throw unsupported(name);
      }
    }
    JsonNode format = in.get("response_format");
    if (format != null && !format.path("type").asText("text").equals("text")) {
      throw unsupported("response_format");
    }
  }

  private static BadRecordException unsupported(String name) {
    return new BadRecordException(
        BadRecordException.UNSUPPORTED, name, "Field " + name + " is not supported.");
  }
}
