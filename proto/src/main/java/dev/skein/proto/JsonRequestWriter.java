package dev.skein.proto;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.TreeMap;

/** The JSON form of a request, written: fields that are present, in the order of the schema. */
final class JsonRequestWriter {

  private static final BigInteger ABOVE_64_BITS = BigInteger.ONE.shiftLeft(64);

  private final Request in;
  private final ObjectNode out = Json.MAPPER.createObjectNode();

  private JsonRequestWriter(Request in) {
    this.in = in;
  }

  static String write(Request request) {
    JsonRequestWriter writer = new JsonRequestWriter(request);
    writer.writeNames();
    writer.writeInput();
    writer.writeGeneration();
    writer.writeSampling();
    writer.writeCircumstances();
    return writer.out.toString();
  }

  private void writeNames() {
    put("request_id", in.getRequestId());
    put("session", in.getSession());
    put("model", in.getModel());
    if (in.getKind() != Kind.KIND_GENERATE) {
      out.put("kind", word(in.getKind().name(), "KIND_"));
    }
  }

  private void writeInput() {
    put("prompt", in.getPrompt());
    if (in.getTokensCount() > 0) {
      ArrayNode tokens = out.putArray("tokens");
      in.getTokensList().forEach(tokens::add);
    }
    if (in.getMessagesCount() > 0) {
      ArrayNode messages = out.putArray("messages");
      for (ChatMessage message : in.getMessagesList()) {
        ObjectNode node = messages.addObject();
        node.put("role", message.getRole()).put("content", message.getContent());
        if (!message.getName().isEmpty()) {
          node.put("name", message.getName());
        }
      }
    }
  }

  private void writeGeneration() {
    if (in.hasMaxTokens()) {
      out.put("max_tokens", in.getMaxTokens());
    }
    if (in.hasSeed()) {
      BigInteger seed = BigInteger.valueOf(in.getSeed());
      out.put("seed", seed.signum() < 0 ? seed.add(ABOVE_64_BITS) : seed);
    }
    if (in.getStopCount() > 0) {
      ArrayNode stops = out.putArray("stop");
      in.getStopList().forEach(stops::add);
    }
    if (in.getStopTokensCount() > 0) {
      ArrayNode stops = out.putArray("stop_tokens");
      in.getStopTokensList().forEach(stops::add);
    }
    if (in.getChoices() > 0) {
      out.put("n", in.getChoices());
    }
    if (in.hasLogprobs()) {
      out.put("logprobs", in.getLogprobs());
    }
    put("ignore_end_of_text", in.getIgnoreEndOfText());
    if (in.getVector() != Vector.VECTOR_HIDDEN) {
      out.put("vector", word(in.getVector().name(), "VECTOR_"));
    }
    if (in.hasConstraint()) {
      JsonConstraint.write(in.getConstraint(), out.putObject(JsonConstraint.FIELD));
    }
  }

  private void writeSampling() {
    Sampling sampling = in.getSampling();
    for (SamplingField field : SamplingField.REALS) {
      if (field.present().test(sampling)) {
        out.put(field.name(), field.get(sampling));
      }
    }
    if (sampling.hasTopK()) {
      out.put("top_k", sampling.getTopK());
    }
    if (sampling.getLogitBiasCount() > 0) {
      ObjectNode biases = out.putObject("logit_bias");
      new TreeMap<>(sampling.getLogitBiasMap())
          .forEach((token, bias) -> biases.put(token.toString(), bias));
    }
  }

  private void writeCircumstances() {
    put("ephemeral", in.getEphemeral());
    if (in.hasExpectTurn()) {
      out.put("expect_turn", in.getExpectTurn());
    }
    if (in.hasParentTurn()) {
      out.put("parent_turn", in.getParentTurn());
    }
    put("start_state", in.getStartState());
    put("deadline_ms", in.getDeadlineMs());
    put("priority", in.getPriority());
    put("background", in.getBackground());
    put("no_cache", in.getNoCache());
    put("tenant", in.getTenant());
    put("reply_topic", in.getReplyTopic());
    if (in.getEventFormat() != EventFormat.EVENT_FORMAT_AS_REQUEST) {
      out.put("event_format", word(in.getEventFormat().name(), "EVENT_FORMAT_"));
    }
    put("target", in.getTarget());
    put("note", in.getNote());
    put("expect_request", in.getExpectRequest());
  }

  private void put(String name, String value) {
    if (!value.isEmpty()) {
      out.put(name, value);
    }
  }

  private void put(String name, boolean value) {
    if (value) {
      out.put(name, true);
    }
  }

  private void put(String name, int value) {
    if (value != 0) {
      out.put(name, value);
    }
  }

  private static String word(String name, String prefix) {
    return name.substring(prefix.length()).toLowerCase(java.util.Locale.ROOT);
  }
}
