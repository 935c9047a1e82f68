package dev.skein.router.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.router.delivery.ResumePoint;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.Indexed;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One streamed answer as server-sent events. Each event of the turn is one SSE event whose id is
 * turn.choice.index.offset ({@link ResumePoint}); the chunk that opens a choice and the last ones
 * have none. After the last choice: the usage if it was asked for, then {@code [DONE]}; after a
 * failure: an error event, and nothing.
 */
public final class SseWriter {
  /** A line without meaning, which keeps a silent stream open. */
  public static final String KEEP_ALIVE = ": keep-alive\n\n";

  /** The last word of a stream that came to its end. */
  public static final String DONE = "data: [DONE]\n\n";

  private final Dialect dialect;
  private final AnswerHead head;
  private final boolean includeUsage;
  private final boolean[] opened;
  private final ReplyReader[] readers;
  private final int[] lengths;
  private final Usage usage;
  private int open;
  private long offset = -1;

  /**
   * @param form how the text of a choice is to be read
   * @param choices how many there are, over all prompts
   * @param choicesOfPrompt how many each prompt has
   * @param resume what the client has of the answer already; null for one from its beginning
   */
  public SseWriter(
      Dialect dialect,
      AnswerHead head,
      ReplyForm form,
      int choices,
      int choicesOfPrompt,
      boolean includeUsage,
      @Nullable ResumePoint resume) {
    this.dialect = dialect;
    this.head = head;
    this.includeUsage = includeUsage;
    this.usage = new Usage(choicesOfPrompt);
    this.opened = new boolean[choices];
    this.readers = new ReplyReader[choices];
    for (int i = 0; i < choices; i++) {
      readers[i] = resume == null ? new ReplyReader(form) : ReplyReader.inTheMiddle();
    }
    this.lengths = new int[choices];
    this.open = choices;
    if (resume != null) {
      opened[resume.choice()] = true;
      lengths[resume.choice()] = 1;
      offset = resume.offset();
    }
  }

  /** The SSE events that one event of the answer becomes. */
  public Iterable<String> write(StreamEvent event) {
    return switch (event) {
      case StreamEvent.Notice ignored -> List.of();
      case StreamFailure failure -> List.of(data("", ApiError.of(failure).toJson()));
      case TokenPiece piece -> chunks(piece);
      case ChoiceEnd end -> {
        List<String> last = chunks(end);
        if (--open == 0) {
          finish(last);
        }
        yield last;
      }
    };
  }

  private List<String> chunks(Indexed event) {
    List<String> chunks = new ArrayList<>(2);
    int choice = event.choice();
    if (!opened[choice] && dialect.opens()) {
      ObjectNode root = root();
      dialect.opening(choice(root, choice));
      chunks.add(data("", close(root, null)));
    }
    opened[choice] = true;
    ObjectNode root = root();
    TokenPiece piece = event instanceof TokenPiece token ? token : null;
    List<ReplyPart> parts = readers[choice].read(event.text(), piece == null);
    if (piece != null && readers[choice].thinking()) {
      usage.thought();
    }
    dialect.chunk(choice(root, choice), parts, head.callId(choice), piece, lengths[choice]);
    lengths[choice] += event.text().length();
    offset = Math.max(offset, event.offset());
    chunks.add(
        data("id: " + ResumePoint.id(event, offset, head.pool()) + "\n", close(root, event)));
    return chunks;
  }

  private ObjectNode root() {
    return head.open(dialect.chunkWord());
  }

  private static ObjectNode choice(ObjectNode root, int choice) {
    return root.putArray("choices").addObject().put("index", choice);
  }

  private ObjectNode close(ObjectNode root, @Nullable Indexed event) {
    String reason = null;
    if (event instanceof ChoiceEnd end) {
      usage.add(end);
      reason = Usage.finishReason(end, readers[end.choice()].called());
    }
    ((ObjectNode) root.withArray("choices").get(0)).put("finish_reason", reason);
    if (includeUsage) {
      root.putNull("usage");
    }
    return root;
  }

  private void finish(List<String> last) {
    if (includeUsage) {
      ObjectNode root = root();
      root.putArray("choices");
      usage.put(root);
      last.add(data("", root));
    }
    last.add(DONE);
  }

  private static String data(String id, ObjectNode json) {
    return id + "data: " + Json.text(json) + "\n\n";
  }
}
