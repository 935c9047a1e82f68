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
  public void chunk(ObjectNode choice, String text, @Nullable TokenPiece piece, int offset) {
    ObjectNode delta = choice.putObject("delta");
    if (piece != null || !text.isEmpty()) {
      delta.put("content", offset == 0 ? withoutFirstSpace(text) : text);
    }
    logprobs(choice, piece == null ? List.of() : List.of(piece));
  }

  @Override
  public void whole(ObjectNode choice, String text, List<TokenPiece> pieces) {
    choice
        .putObject("message")
        .put("role", "assistant")
        .put("content", withoutFirstSpace(text))
        .putNull("refusal");
    logprobs(choice, pieces);
  }

  /**
   * The layout of a chat ends with the speaker's colon, so a reply begins with the space after it.
   */
  private static String withoutFirstSpace(String text) {
    return text.startsWith(" ") ? text.substring(1) : text;
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
