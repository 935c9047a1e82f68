package dev.skein.engine;

import dev.skein.model.grammar.Guide;
import dev.skein.model.sampling.LogitFilter;
import dev.skein.model.sampling.PenaltyTable;
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
  private final @Nullable Guide guide;
  private final int endOfText;
  private final int base; // tokens before this one were settled before this generation
  private final long origin; // where the bytes of that one begin, in the assembler's count

  private int[] tokens;
  private long[] byteEnds; // where the bytes of each token end, counted from the first byte drawn
  private int size; // of these arrays
  private int sure; // leading tokens that no stop string can reach any more
  private boolean endedByToken;
  private @Nullable FinishReason end;

  Reply(Generation request, @Nullable Tokenizer tokenizer, int endOfText) {
    this.request = request;
    this.tokenizer = tokenizer;
    Progress progress = request.progress();
    this.assembler =
        tokenizer == null ? null : TextAssembler.holding(request.stop(), progress.held());
    this.endOfText = endOfText;
    this.guide = guide(request, endOfText);
    this.base = progress.base();
    int known = progress.unread().length + request.drawn().length;
    int expected = Math.max(known, Math.min(request.maxTokens(), 64));
    this.tokens = new int[expected];
    this.byteEnds = new long[expected];
    this.end = request.maxTokens() == 0 ? FinishReason.LENGTH : null;
    this.origin = progress.held().length - bytesOf(progress.unread());
    goOn(progress.unread());
  }

  /**
   * What keeps the draws within the request's grammar, or null.
   *
   * @throws IllegalArgumentException if its progress is that of another grammar
   */
  static @Nullable Guide guide(Generation request, int endOfText) {
    Guidance guidance = request.guidance();
    if (guidance == null) {
      return null;
    }
    int[] stops = request.stopTokens();
    int[] ends = Arrays.copyOf(stops, stops.length + 1);
    ends[stops.length] = request.ignoreEndOfText() || endOfText < 0 ? Integer.MAX_VALUE : endOfText;
    Guide guide = new Guide(guidance.grammar(), guidance.budget(), ends);
    Progress progress = request.progress();
    if (progress.drawn() > 0) {
      guide.resume(progress.grammar(), progress.drawn());
    }
    return guide;
  }

  private long bytesOf(int[] drawn) {
    long bytes = 0;
    for (int i = 0; tokenizer != null && i < drawn.length; i++) {
      bytes += tokenizer.bytes(drawn[i]).length;
    }
    return bytes;
  }

  /** Takes up tokens whose text the assembler has seen. */
  private void goOn(int[] drawn) {
    long end = origin;
    for (int token : drawn) {
      end += tokenizer == null ? 0 : tokenizer.bytes(token).length;
      append(token, end);
    }
    settle();
  }

  private void settle() {
    while (sure < size && (assembler == null || byteEnds[sure] <= assembler.heldFrom())) {
      sure++;
    }
  }

  /** Takes a drawn token as fact and returns the text that is certain now. */
  String take(int token) {
    long bytesBefore = size == 0 ? origin : byteEnds[size - 1];
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
      follow(token, bytes);
      text = assembler.push(bytes);
      end = assembler.stopped() || mustEnd() ? FinishReason.STOP : null;
    } else {
      append(token, bytesBefore);
    }
    settle();
    if (end == null && size() == request.maxTokens()) {
      end = guide != null && guide.mayEnd() ? FinishReason.STOP : FinishReason.LENGTH;
    }
    return text;
  }

  private void follow(int token, byte[] bytes) {
    if (guide != null && !guide.take(bytes)) {
      throw new IllegalStateException(
          "token %d at index %d breaks the constraint".formatted(token, size() - 1));
    }
  }

  private boolean mustEnd() {
    return guide != null && guide.mustEnd();
  }

  /** Forbids tokens before the next draw; null if there is nothing to forbid. */
  @Nullable LogitFilter filter() {
    return guide;
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
    return base + size;
  }

  /** How far the draws are, for who goes on from here with a state that has not read the last. */
  Progress progress(int[] unread, PenaltyTable penalties) {
    byte[] held = assembler == null ? new byte[0] : assembler.held();
    return new Progress(size(), unread, penalties.tokens(), penalties.counts(), held, position());
  }

  private byte[] position() {
    return guide == null ? new byte[0] : guide.bytes();
  }

  /**
   * Leading tokens that no stop string can reach any more; all of them when nothing is held back.
   */
  int sure() {
    return base + sure;
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
    return base + wholeKeptHere();
  }

  private int wholeKeptHere() {
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

  /** The token ids that belong to the session, from the oldest one known here. */
  int[] kept() {
    int whole = wholeKeptHere();
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
    long from = whole == 0 ? origin : byteEnds[whole - 1];
    int wanted = Math.toIntExact(assembler.stopAt() - from);
    if (wanted <= 0 || whole == size) {
      return new int[0];
    }
    ByteArrayOutputStream visible = new ByteArrayOutputStream();
    visible.write(tokenizer.bytes(tokens[whole]), 0, wanted);
    return tokenizer.encode(visible.toByteArray());
  }
}
