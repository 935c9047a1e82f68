package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.StreamEvent.Alternative;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /v1/chat/completions}. */
record ChatDialect() implements Dialect {
  @Override
  public CompletionCall parse(CallParser parser, byte[] body, CallHeaders headers)
      throws ApiException {
    return parser.chat(body, headers);
  }

  @Override
  public String idPrefix() {
    return "chatcmpl-";
  }

  @Override
  public String chunkWord() {
    return "chat.completion.chunk";
  }

  @Override
  public String answerWord() {
    return "chat.completion";
  }

  @Override
  public boolean opens() {
    return true;
  }

  @Override
  public void opening(ObjectNode choice) {
    choice.putObject("delta").put("role", "assistant").put("content", "");
    choice.putNull("logprobs");
  }

  @Override
  public void chunk(
      ObjectNode choice,
      List<ReplyPart> parts,
      String callId,
      @Nullable TokenPiece piece,
      int offset) {
    ObjectNode delta = choice.putObject("delta");
    Reply reply = new Reply().add(parts);
    if (!reply.reasoning().isEmpty()) {
      delta.put("reasoning_content", reply.reasoning());
    }
    if (reply.speaksOfCall()) {
      ObjectNode call = delta.putArray("tool_calls").addObject().put("index", 0);
      if (reply.called() != null) {
        call.put("id", callId).put("type", "function");
      }
      ObjectNode function = call.putObject("function");
      if (reply.called() != null) {
        function.put("name", reply.called());
      }
      function.put("arguments", reply.arguments());
    } else if (!reply.content().isEmpty() || (piece != null && reply.reasoning().isEmpty())) {
      delta.put("content", reply.content());
    }
    logprobs(choice, piece == null ? List.of() : List.of(piece));
  }

  @Override
  public void whole(ObjectNode choice, Reply reply, String callId, List<TokenPiece> pieces) {
    ObjectNode message = choice.putObject("message").put("role", "assistant");
    message.put(
        "content", reply.called() != null && reply.content().isEmpty() ? null : reply.content());
    message.putNull("refusal");
    if (!reply.reasoning().isEmpty()) {
      message.put("reasoning_content", reply.reasoning());
    }
    if (reply.called() != null) {
      message
          .putArray("tool_calls")
          .addObject()
          .put("id", callId)
          .put("type", "function")
          .putObject("function")
          .put("name", reply.called())
          .put("arguments", reply.arguments());
    }
    logprobs(choice, pieces);
  }

  private static void logprobs(ObjectNode choice, List<TokenPiece> pieces) {
    if (pieces.isEmpty() || pieces.getFirst().logprob() == null) {
      choice.putNull("logprobs");
      return;
    }
    ObjectNode logprobs = choice.putObject("logprobs");
    ArrayNode content = logprobs.putArray("content");
    for (TokenPiece piece : pieces) {
      Float logprob = piece.logprob();
      ObjectNode entry = entry(content, piece.tokenText(), logprob == null ? 0f : logprob);
      ArrayNode alternatives = entry.putArray("top_logprobs");
      for (Alternative alternative : piece.alternatives()) {
        entry(alternatives, alternative.text(), alternative.logprob());
      }
    }
    logprobs.putNull("refusal");
  }

  private static ObjectNode entry(ArrayNode list, String text, float logprob) {
    ObjectNode entry = list.addObject().put("token", text).put("logprob", logprob);
    ArrayNode bytes = entry.putArray("bytes");
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      bytes.add(b & 0xff);
    }
    return entry;
  }
}
