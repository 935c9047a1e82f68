package dev.skein.model.grammar;

import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.Sampler;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes constrained texts as a model of random logits would. */
final class Writer {
  static final Tokenizer TOKENIZER = tokenizer();
  static final int VOCABULARY = TOKENIZER.vocabularySize();
  static final Grammars GRAMMARS = new Grammars(TOKENIZER, VOCABULARY);
  private static final int END_OF_TEXT = 0;

  private Writer() {}

  private static Tokenizer tokenizer() {
    Path root = Path.of(System.getProperty("skein.home"));
    try {
      return Tokenizer.open(root.resolve("ops/models/skein-demo-9m/skein_demo_vocab.txt"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A text, its tokens, and whether it was whole when writing ended. */
  record Text(String text, List<Integer> tokens, boolean whole) {}

  static Text write(Grammar grammar, int budget, long seed) {
    return write(new Guide(grammar, budget, new int[] {END_OF_TEXT}), 0, budget, seed);
  }

  /** Goes on from token {@code from} up to {@code to}. */
  static Text write(Guide guide, int from, int to, long seed) {
    Sampler sampler = new Sampler(SamplingParameters.PLAIN, null, VOCABULARY);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    List<Integer> tokens = new ArrayList<>();
    for (int index = from; index < to && !guide.mustEnd(); index++) {
      MemorySegment logits = MemorySegment.ofArray(logits(seed, index));
      int token = sampler.draw(logits, CounterRandom.uniform(seed, 0, 0, index), guide);
      if (token == END_OF_TEXT) {
        break;
      }
      tokens.add(token);
      bytes.writeBytes(TOKENIZER.bytes(token));
      if (!guide.take(TOKENIZER.bytes(token))) {
        throw new AssertionError("a token was drawn that the grammar does not allow: " + token);
      }
    }
    boolean whole = guide.mayEnd();
    String text =
        whole && from == 0 ? utf8(bytes.toByteArray()) : bytes.toString(StandardCharsets.UTF_8);
    return new Text(text, tokens, whole);
  }

  private static String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new AssertionError("the text is no UTF-8", e);
    }
  }

  private static float[] logits(long seed, int index) {
    float[] logits = new float[VOCABULARY];
    long state = CounterRandom.seed("logits " + seed, String.valueOf(index));
    for (int i = 0; i < logits.length; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      logits[i] = 4 * ((state >>> 40) / (float) (1 << 24));
    }
    return logits;
  }
}
