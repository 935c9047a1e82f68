package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.StreamEvent.Alternative;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /v1/completions}. */
record TextDialect() implements Dialect {
  @Override
  public CompletionCall parse(CallParser parser, byte[] body, CallHeaders headers)
      throws ApiException {
    return parser.text(body, headers);
  }

  @Override
  public String idPrefix() {
    return "cmpl-";
  }

  @Override
  public String chunkWord() {
    return "text_completion";
  }

  @Override
  public String answerWord() {
    return "text_completion";
  }

  @Override
  public boolean opens() {
    return false;
  }

  @Override
  public void opening(ObjectNode choice) {
    choice.put("text", "").putNull("logprobs");
  }

  @Override
  public void chunk(
      ObjectNode choice,
      List<ReplyPart> parts,
      String callId,
      @Nullable TokenPiece piece,
      int offset) {
    choice.put("text", new Reply().add(parts).content());
    logprobs(choice, piece == null ? List.of() : List.of(piece), offset);
  }

  @Override
  public void whole(ObjectNode choice, Reply reply, String callId, List<TokenPiece> pieces) {
    choice.put("text", reply.content());
    logprobs(choice, pieces, 0);
  }

  private static void logprobs(ObjectNode choice, List<TokenPiece> pieces, int offset) {
    if (pieces.isEmpty() || pieces.getFirst().logprob() == null) {
      choice.putNull("logprobs");
      return;
    }
    ObjectNode logprobs = choice.putObject("logprobs");
    ArrayNode tokens = logprobs.putArray("tokens");
    ArrayNode values = logprobs.putArray("token_logprobs");
    ArrayNode tops = logprobs.putArray("top_logprobs");
    ArrayNode offsets = logprobs.putArray("text_offset");
    int at = offset;
    for (TokenPiece piece : pieces) {
      tokens.add(piece.tokenText());
      values.add(piece.logprob());
      ObjectNode top = tops.addObject();
      for (Alternative alternative : piece.alternatives()) {
        top.put(alternative.text(), alternative.logprob());
      }
      offsets.add(at);
      at += piece.text().length();
    }
  }
}
