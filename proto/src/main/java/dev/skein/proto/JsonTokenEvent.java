package dev.skein.proto;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import java.util.HexFormat;

/** The JSON form of a token event, written and read. */
final class JsonTokenEvent {

  /**
   * What JSON cannot say (minus infinity: a token that could not be drawn) is printed as the OpenAI
   * API prints it.
   */
  private static final float UNLIKELY = -9999f;

  private static final int ANY = Integer.MAX_VALUE;

  private JsonTokenEvent() {}

  static String write(TokenEvent event) {
    ObjectNode out = Json.MAPPER.createObjectNode();
    out.put("session", event.getSession())
        .put("turn", event.getTurn())
        .put("choice", event.getChoice())
        .put("index", event.getIndex())
        .put("epoch", event.getEpoch())
        .put("request_id", event.getRequestId());
    switch (event.getEventCase()) {
      case STARTED -> writeStarted(event.getStarted(), out);
      case TOKEN -> writeToken(event.getToken(), out);
      case END -> writeEnd(event.getEnd(), out);
      case EVENT_NOT_SET -> {}
    }
    return out.toString();
  }

  private static void writeStarted(Started started, ObjectNode out) {
    out.put("started", true)
        .put("attempt", started.getAttempt())
        .put("model", started.getModel())
        .put("prompt_tokens", started.getPromptTokens())
        .put("request_offset", Long.toString(started.getRequestOffset()));
    if (started.getResumedAt() != 0) {
      out.put("resumed_at", started.getResumedAt());
    }
    if (!started.getNote().isEmpty()) {
      out.put("note", started.getNote());
    }
    if (!started.getWeights().isEmpty()) {
      out.put("weights", started.getWeights());
    }
    if (!started.getTokenizer().isEmpty()) {
      out.put("tokenizer", started.getTokenizer());
    }
    if (!started.getChain().isEmpty()) {
      out.put("chain", HexFormat.of().formatHex(started.getChain().toByteArray()));
    }
  }

  private static void writeToken(Token token, ObjectNode out) {
    out.put("token", token.getId()).put("text", token.getText());
    if (token.hasLogprob()) {
      out.put("logprob", finite(token.getLogprob()));
    }
    if (token.getTopLogprobsCount() > 0) {
      ArrayNode list = out.putArray("top_logprobs");
      for (TopLogprob top : token.getTopLogprobsList()) {
        list.addObject()
            .put("token", top.getId())
            .put("logprob", finite(top.getLogprob()))
            .put("text", top.getText());
      }
    }
  }

  private static void writeEnd(End end, ObjectNode out) {
    out.put("done", true).put("finish_reason", end.getFinishReason());
    if (!end.getText().isEmpty()) {
      out.put("text", end.getText());
    }
    if (end.hasUsage()) {
      Usage usage = end.getUsage();
      ObjectNode node = out.putObject("usage");
      node.put("prompt_tokens", usage.getPromptTokens())
          .put("completion_tokens", usage.getCompletionTokens());
      if (usage.getCachedTokens() != 0) {
        node.put("cached_tokens", usage.getCachedTokens());
      }
    }
    if (end.hasError()) {
      out.putObject("error")
          .put("code", end.getError().getCode())
          .put("message", end.getError().getMessage());
    }
    if (end.hasRepeatOf()) {
      out.put("repeat_of", end.getRepeatOf());
    }
    if (end.hasRepeatFrom()) {
      out.put("repeat_from", Long.toString(end.getRepeatFrom()));
    }
    if (end.getEmbeddingCount() > 0) {
      ArrayNode vector = out.putArray("embedding");
      end.getEmbeddingList().forEach(vector::add);
    }
    if (end.getRequestOffset() != 0) {
      out.put("request_offset", Long.toString(end.getRequestOffset()));
    }
    if (end.hasStanding()) {
      writeStanding(end.getStanding(), out.putObject("standing"));
    }
  }

  private static void writeStanding(Standing standing, ObjectNode out) {
    out.put("session", standing.getSession()).put("next_turn", standing.getNextTurn());
    if (standing.hasHeadTurn()) {
      out.put("head_turn", standing.getHeadTurn());
    }
    out.put("tokens_read", standing.getTokensRead());
  }

  private static float finite(float logprob) {
    return Float.isFinite(logprob) ? logprob : UNLIKELY;
  }

  static TokenEvent read(ObjectNode object) throws BadRecordException {
    JsonFields in = new JsonFields(object, "");
    TokenEvent.Builder out =
        TokenEvent.newBuilder()
            .setSession(in.stringOr("session", ""))
            .setTurn(in.integerOr("turn", -1, ANY, 0))
            .setChoice(in.integerOr("choice", 0, ANY, 0))
            .setIndex(in.integerOr("index", 0, ANY, 0))
            .setEpoch(in.integerOr("epoch", 0, ANY, 0))
            .setRequestId(in.stringOr("request_id", ""));
    if (in.flag("done")) {
      out.setEnd(readEnd(in));
    } else if (in.flag("started")) {
      out.setStarted(readStarted(in));
    } else if (in.get("token") != null) {
      out.setToken(readToken(in));
    }
    return out.build();
  }

  private static Started readStarted(JsonFields in) throws BadRecordException {
    return Started.newBuilder()
        .setAttempt(in.integerOr("attempt", 0, ANY, 0))
        .setModel(in.stringOr("model", ""))
        .setPromptTokens(in.integerOr("prompt_tokens", 0, ANY, 0))
        .setRequestOffset(readOffset(in, "request_offset"))
        .setResumedAt(in.integerOr("resumed_at", 0, ANY, 0))
        .setNote(in.stringOr("note", ""))
        .setWeights(in.stringOr("weights", ""))
        .setTokenizer(in.stringOr("tokenizer", ""))
        .setChain(readHex(in, "chain"))
        .build();
  }

  private static ByteString readHex(JsonFields in, String name) throws BadRecordException {
    try {
      return ByteString.copyFrom(HexFormat.of().parseHex(in.stringOr(name, "")));
    } catch (IllegalArgumentException e) {
      throw new BadRecordException(
          BadRecordException.UNREADABLE, name, name + " is not hexadecimal.");
    }
  }

  /** Offsets are 64 bits wide, so their JSON form is a string. */
  private static long readOffset(JsonFields in, String name) throws BadRecordException {
    try {
      return Long.parseLong(in.stringOr(name, "0"));
    } catch (NumberFormatException e) {
      throw new BadRecordException(BadRecordException.UNREADABLE, name, name + " is not a number.");
    }
  }

  private static Token readToken(JsonFields in) throws BadRecordException {
    Token.Builder token =
        Token.newBuilder().setId(in.integerOr("token", 0, ANY, 0)).setText(in.stringOr("text", ""));
    Float logprob = in.real("logprob");
    if (logprob != null) {
      token.setLogprob(logprob);
    }
    ArrayNode list = in.list("top_logprobs");
    if (list != null) {
      for (int i = 0; i < list.size(); i++) {
        token.addTopLogprobs(readTop(JsonFields.of(list.get(i), "top_logprobs[" + i + "]")));
      }
    }
    return token.build();
  }

  private static TopLogprob readTop(JsonFields in) throws BadRecordException {
    Float logprob = in.real("logprob");
    return TopLogprob.newBuilder()
        .setId(in.integerOr("token", 0, ANY, 0))
        .setLogprob(logprob == null ? 0 : logprob)
        .setText(in.stringOr("text", ""))
        .build();
  }

  private static End readEnd(JsonFields in) throws BadRecordException {
    End.Builder end =
        End.newBuilder()
            .setFinishReason(in.stringOr("finish_reason", ""))
            .setText(in.stringOr("text", ""))
            .setRequestOffset(readOffset(in, "request_offset"));
    JsonFields usage = in.child("usage");
    if (usage != null) {
      end.setUsage(
          Usage.newBuilder()
              .setPromptTokens(usage.integerOr("prompt_tokens", 0, ANY, 0))
              .setCompletionTokens(usage.integerOr("completion_tokens", 0, ANY, 0))
              .setCachedTokens(usage.integerOr("cached_tokens", 0, ANY, 0)));
    }
    JsonFields error = in.child("error");
    if (error != null) {
      end.setError(
          Failure.newBuilder()
              .setCode(error.stringOr("code", ""))
              .setMessage(error.stringOr("message", "")));
    }
    Integer repeatOf = in.integer("repeat_of", 0, ANY);
    if (repeatOf != null) {
      end.setRepeatOf(repeatOf);
    }
    JsonFields standing = in.child("standing");
    if (standing != null) {
      end.setStanding(readStanding(standing));
    }
    if (in.get("repeat_from") != null) {
      end.setRepeatFrom(readOffset(in, "repeat_from"));
    }
    ArrayNode vector = in.list("embedding");
    if (vector != null) {
      for (int i = 0; i < vector.size(); i++) {
        end.addEmbedding(JsonFields.asReal(vector.get(i), "embedding[" + i + "]"));
      }
    }
    return end.build();
  }

  private static Standing readStanding(JsonFields in) throws BadRecordException {
    Standing.Builder standing =
        Standing.newBuilder()
            .setSession(in.stringOr("session", ""))
            .setNextTurn(in.integerOr("next_turn", 0, ANY, 0))
            .setTokensRead(in.integerOr("tokens_read", 0, ANY, 0));
    Integer head = in.integer("head_turn", 0, ANY);
    if (head != null) {
      standing.setHeadTurn(head);
    }
    return standing.build();
  }
}
