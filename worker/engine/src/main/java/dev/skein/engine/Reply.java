package dev.skein.engine;

import dev.skein.model.text.TextAssembler;
import dev.skein.model.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one generation has drawn so far: token ids, the text that they make, and whether they end
 * the generation. Knows nothing of states and slots. Positions are numbers of drawn tokens:
 * position {@code p} is before token {@code p}.
 */
final class Reply {
  private final Generation request;
  private final @Nullable Tokenizer tokenizer;
  private final @Nullable TextAssembler assembler;
  private final int endOfText;

  private int[] tokens;
  private long[] byteEnds; // where the bytes of each token end, counted from the first byte drawn
  private int size;
  private int sure; // leading tokens that no stop string can reach any more
  private boolean endedByToken;
  private @Nullable FinishReason end;

  Reply(Generation request, @Nullable Tokenizer tokenizer, int endOfText) {
    this.request = request;
    this.tokenizer = tokenizer;
    this.assembler = tokenizer == null ? null : new TextAssembler(request.stop());
    this.endOfText = endOfText;
    int expected = Math.max(request.drawn().length, Math.min(request.maxTokens(), 64));
    this.tokens = new int[expected];
    this.byteEnds = new long[expected];
    this.end = request.maxTokens() == 0 ? FinishReason.LENGTH : null;
  }

  /** Takes a drawn token as fact and returns the text that is certain now. */
  String take(int token) {
    long bytesBefore = size == 0 ? 0 : byteEnds[size - 1];
    if (endsByItself(token)) {
      append(token, bytesBefore);
      endedByToken = true;
      end = FinishReason.STOP;
      return "";
    }
    String text = "";
    if (tokenizer != null && assembler != null) {
      byte[] bytes = tokenizer.bytes(token);
      append(token, bytesBefore + bytes.length);
      text = assembler.push(bytes);
      end = assembler.stopped() ? FinishReason.STOP : null;
    } else {
      append(token, bytesBefore);
    }
    while (sure < size && (assembler == null || byteEnds[sure] <= assembler.heldFrom())) {
      sure++;
    }
    if (end == null && size == request.maxTokens()) {
      end = FinishReason.LENGTH;
    }
    return text;
  }

  private boolean endsByItself(int token) {
    if (token == endOfText && !request.ignoreEndOfText()) {
      return true;
    }
    for (int stop : request.stopTokens()) {
      if (token == stop) {
        return true;
      }
    }
    return false;
  }

  private void append(int token, long byteEnd) {
    if (size == tokens.length) {
      int grown = Math.max(16, 2 * size);
      tokens = Arrays.copyOf(tokens, grown);
      byteEnds = Arrays.copyOf(byteEnds, grown);
    }
    tokens[size] = token;
    byteEnds[size++] = byteEnd;
  }

  /** Number of tokens drawn. */
  int size() {
    return size;
  }

  /** The drawn token of that number. */
  int token(int index) {
    return tokens[index];
  }

  /**
   * Leading tokens that no stop string can reach any more; all of them when nothing is held back.
   */
  int sure() {
    return sure;
  }

  /** Why the drawn tokens end the generation, or null while they do not. */
  @Nullable FinishReason end() {
    return end;
  }

  /** The text that is still held back and belongs to the reply after all. */
  String flush() {
    return assembler == null || assembler.stopped() ? "" : assembler.flush();
  }

  /** How many leading tokens belong to the session whole. */
  int wholeKept() {
    if (endedByToken) {
      return size - 1;
    }
    if (assembler == null || !assembler.stopped()) {
      return size;
    }
    int whole = 0;
    while (whole < size && byteEnds[whole] <= assembler.stopAt()) {
      whole++;
    }
    return whole;
  }

  /** The token ids that belong to the session: see {@link GenerationEnd#kept}. */
  int[] kept() {
    int whole = wholeKept();
    int[] rest = visiblePart(whole);
    int[] kept = Arrays.copyOf(tokens, whole + rest.length);
    System.arraycopy(rest, 0, kept, whole, rest.length);
    return kept;
  }

  /** What lies before the stop string in the token in which it begins, encoded again. */
  private int[] visiblePart(int whole) {
    if (tokenizer == null || assembler == null || !assembler.stopped()) {
      return new int[0];
    }
    long from = whole == 0 ? 0 : byteEnds[whole - 1];
    int wanted = Math.toIntExact(assembler.stopAt() - from);
    if (wanted <= 0 || whole == size) {
      return new int[0];
    }
    ByteArrayOutputStream visible = new ByteArrayOutputStream();
    visible.write(tokenizer.bytes(tokens[whole]), 0, wanted);
    return tokenizer.encode(visible.toByteArray());
  }
}
