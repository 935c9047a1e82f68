package dev.skein.proto;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the values of a request must be, whatever form it came in. Each refusal is a sentence that
 * names the field.
 */
final class RequestRules {

  private static final Set<String> ROLES = Set.of("system", "user", "assistant", "tool");
  private static final int NAME_BYTES_MAX = 256;
  private static final int STOPS_MAX = 16;
  private static final int STOP_BYTES_MAX = 256;
  private static final int STOP_TOKENS_MAX = 256;
  private static final int CHOICES_MAX = 128;
  private static final int LOGPROBS_MAX = 20;
  private static final int BIASES_MAX = 1024;
  private static final float BIAS_MAX = 100;
  private static final int CONSTRAINT_BYTES_MAX = 1 << 16;
  private static final int CONSTRAINT_CHOICES_MAX = 1024;

  private RequestRules() {}

  /**
   * Returns the request with {@code developer} messages made {@code system} ones, if it keeps every
   * rule.
   */
  static Request checked(Request request) throws BadRecordException {
    checkNames(request);
    checkInput(request);
    checkGeneration(request);
    checkSampling(request.getSampling());
    if (request.hasConstraint()) {
      checkConstraint(request);
    }
    return withKnownRoles(request);
  }

  private static void checkNames(Request request) throws BadRecordException {
    if (!request.getSession().isEmpty()) {
      SessionId.check(request.getSession());
    }
    if (!request.getTarget().isEmpty()) {
      SessionId.check(request.getTarget());
    }
    checkName("request_id", request.getRequestId(), Wire.REQUEST_ID_BYTES_MAX);
    checkName("expect_request", request.getExpectRequest(), Wire.REQUEST_ID_BYTES_MAX);
    checkName("model", request.getModel(), NAME_BYTES_MAX);
    checkName("start_state", request.getStartState(), NAME_BYTES_MAX);
    checkName("tenant", request.getTenant(), NAME_BYTES_MAX);
    checkName("reply_topic", request.getReplyTopic(), NAME_BYTES_MAX);
    if (request.getKind() == Kind.UNRECOGNIZED) {
      throw refused("kind", "Field kind holds a kind of request that is not known here.");
    }
    if (request.getVector() == Vector.UNRECOGNIZED) {
      throw refused("vector", "Field vector holds a kind of vector that is not known here.");
    }
  }

  private static void checkName(String field, String name, int bytesMax) throws BadRecordException {
    if (bytes(name) > bytesMax) {
      throw refused(field, "Field " + field + " has at most " + bytesMax + " bytes.");
    }
    if (name.codePoints().anyMatch(Character::isISOControl)) {
      throw refused(field, "Field " + field + " must not contain control characters.");
    }
  }

  private static void checkInput(Request request) throws BadRecordException {
    int inputs =
        (request.getPrompt().isEmpty() ? 0 : 1)
            + (request.getTokensCount() == 0 ? 0 : 1)
            + (request.getMessagesCount() == 0 ? 0 : 1);
    if (inputs > 1) {
      throw refused(
          "prompt", "A request holds only one of the fields prompt, tokens and messages.");
    }
    if (inputs == 0 && reads(request.getKind())) {
      throw refused(
          "prompt",
          "A request must hold one of the fields prompt, tokens and messages, not empty.");
    }
    checkTokens("tokens", request.getTokensList());
    checkOperation(request);
  }

  private static void checkOperation(Request request) throws BadRecordException {
    if (request.getKind() == Kind.KIND_FORK && request.getTarget().isEmpty()) {
      throw refused("target", "A fork needs the field target: the session to be made.");
    }
    if (request.getKind() == Kind.KIND_REWIND && !request.hasParentTurn()) {
      throw refused(
          "parent_turn",
          "A rewind needs the field parent_turn: the turn at whose end the session is to stand.");
    }
    if (request.getKind() == Kind.KIND_IMPORT && !request.hasFile()) {
      throw refused("file", "An import needs the field file, which says where the state lies.");
    }
  }

  private static boolean reads(Kind kind) {
    return switch (kind) {
      case KIND_GENERATE, KIND_EXTEND, KIND_SCORE, KIND_EMBED, KIND_CHOOSE -> true;
      default -> false;
    };
  }

  private static void checkTokens(String field, List<Integer> tokens) throws BadRecordException {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.get(i) < 0) {
        throw refused(field, "Field " + field + "[" + i + "] is not a token id.");
      }
    }
  }

  private static void checkGeneration(Request request) throws BadRecordException {
    checkRange("max_tokens", request.getMaxTokens(), Integer.MAX_VALUE);
    checkRange("n", request.getChoices(), CHOICES_MAX);
    checkRange("logprobs", request.getLogprobs(), LOGPROBS_MAX);
    checkRange("expect_turn", request.getExpectTurn(), Integer.MAX_VALUE);
    checkRange("parent_turn", request.getParentTurn(), Integer.MAX_VALUE);
    checkRange("deadline_ms", request.getDeadlineMs(), Integer.MAX_VALUE);
    checkRange("the length of stop", request.getStopCount(), STOPS_MAX);
    checkRange("the length of stop_tokens", request.getStopTokensCount(), STOP_TOKENS_MAX);
    checkTokens("stop_tokens", request.getStopTokensList());
    for (String stop : request.getStopList()) {
      if (stop.isEmpty() || bytes(stop) > STOP_BYTES_MAX) {
        throw refused("stop", "A stop string of field stop has 1 to " + STOP_BYTES_MAX + " bytes.");
      }
    }
  }

  private static void checkConstraint(Request request) throws BadRecordException {
    Constraint constraint = request.getConstraint();
    if (request.getKind() != Kind.KIND_GENERATE) {
      throw refused("constraint", "Field constraint belongs to requests of kind generate only.");
    }
    switch (constraint.getRuleCase()) {
      case RULE_NOT_SET -> throw refused("constraint", "Field constraint holds no rule.");
      case JSON_OBJECT -> {
        if (!constraint.getJsonObject()) {
          throw refused("constraint", "Field constraint.json_object can only be true.");
        }
      }
      default -> {
        List<String> texts = JsonConstraint.texts(constraint).toList();
        checkRange(
            "the length of constraint.choices",
            constraint.getChoices().getChoiceCount(),
            CONSTRAINT_CHOICES_MAX);
        if (texts.isEmpty() || texts.stream().anyMatch(String::isEmpty)) {
          throw refused("constraint", "Field constraint holds an empty text or none.");
        }
        if (texts.stream().mapToInt(RequestRules::bytes).sum() > CONSTRAINT_BYTES_MAX) {
          throw refused(
              "constraint",
              "Field constraint has at most " + CONSTRAINT_BYTES_MAX + " bytes of text.");
        }
      }
    }
  }

  private static void checkRange(String field, int value, int max) throws BadRecordException {
    if (value < 0 || value > max) {
      throw refused(field, "Field " + field + " must be from 0 to " + max + ".");
    }
  }

  private static void checkSampling(Sampling sampling) throws BadRecordException {
    for (SamplingField field : SamplingField.REALS) {
      if (field.present().test(sampling)) {
        checkReal(field.name(), field.get(sampling), field.min(), field.max());
      }
    }
    checkRange("top_k", sampling.getTopK(), Integer.MAX_VALUE);
    checkRange("the length of logit_bias", sampling.getLogitBiasCount(), BIASES_MAX);
    for (Map.Entry<Integer, Float> bias : sampling.getLogitBiasMap().entrySet()) {
      checkRange("logit_bias", bias.getKey(), Integer.MAX_VALUE);
      checkReal("logit_bias." + bias.getKey(), bias.getValue(), -BIAS_MAX, BIAS_MAX);
    }
  }

  /** Not a number is out of every range. */
  private static void checkReal(String field, float value, float min, float max)
      throws BadRecordException {
    if (!(value >= min && value <= max)) {
      throw refused(
          field,
          "Field "
              + field
              + " must be from "
              + whole(min)
              + " to "
              + whole(max)
              + ", not "
              + value
              + ".");
    }
  }

  private static String whole(float bound) {
    return bound == Float.MIN_VALUE ? "above 0" : Integer.toString((int) bound);
  }

  private static Request withKnownRoles(Request request) throws BadRecordException {
    Request.Builder mended = null;
    for (int i = 0; i < request.getMessagesCount(); i++) {
      ChatMessage message = request.getMessages(i);
      if (message.getRole().equals("developer")) {
        mended = mended == null ? request.toBuilder() : mended;
        mended.setMessages(i, message.toBuilder().setRole("system"));
      } else if (!ROLES.contains(message.getRole())) {
        String field = "messages[" + i + "].role";
        throw refused(
            field, "Field " + field + " must be system, developer, user, assistant or tool.");
      }
    }
    return mended == null ? request : mended.build();
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static BadRecordException refused(String field, String message) {
    return new BadRecordException(BadRecordException.INVALID_REQUEST, field, message);
  }
}
