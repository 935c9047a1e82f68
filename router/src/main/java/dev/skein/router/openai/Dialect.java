package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the two completion calls of the API differ in what they read and write. Without state. */
public sealed interface Dialect permits ChatDialect, TextDialect {
  Dialect CHAT = new ChatDialect();
  Dialect TEXT = new TextDialect();

  CompletionCall parse(CallParser parser, byte[] body, CallHeaders headers) throws ApiException;

  /** What ids of answers begin with. */
  String idPrefix();

  /** The word for a part of a streamed answer. */
  String chunkWord();

  /** The word for a whole answer. */
  String answerWord();

  /** Whether a choice of a stream begins with a chunk that only names the speaker. */
  boolean opens();

  /** Fills a choice that only names the speaker. */
  void opening(ObjectNode choice);

  /**
   * Fills a choice of a chunk.
   *
   * @param parts what the text of the chunk is
   * @param callId id of the choice's call of a function
   * @param piece the token, or null at the end of the choice
   * @param offset characters of this choice before those of the chunk
   */
  void chunk(
      ObjectNode choice,
      List<ReplyPart> parts,
      String callId,
      @Nullable TokenPiece piece,
      int offset);

  /** Fills a choice of a whole answer. */
  void whole(ObjectNode choice, Reply reply, String callId, List<TokenPiece> pieces);
}
