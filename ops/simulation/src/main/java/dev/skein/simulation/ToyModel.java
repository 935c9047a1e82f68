package dev.skein.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.skein.engine.SessionState;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.PenaltyTable;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatMessage;
import dev.skein.model.text.ChatTemplate;
import dev.skein.model.text.Tokenizer;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Topics;
import dev.skein.worker.shard.ServedModel;
import dev.skein.worker.shard.ServedModels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model of two numbers: its state is a hash of every id that it has read, and what it draws is a
 * function of that hash, of the penalties and of the random number of the place. Whatever goes
 * wrong with the order, number or memory of tokens shows at once.
 *
 * @param a kept below 2^20, so that a float holds it
 * @param b likewise
 */
record ToyModel(int a, int b) {

  static final float PENALTY_DECAY = 0.9f;

  /** A drawn id that ends a turn, as an end-of-text token does. */
  static final int END_OF_TEXT = 7;

  private static final int MODULUS = 1 << 20;

  /** First and second byte of one character, and the letters a to h. */
  private static final int[] ALPHABET = {
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 0xC3, 0xA9, 'a', 'b', ' ', 'c', 'd', 'e'
  };

  /** Other weights begin elsewhere, and never come to where these are. */
  static ToyModel beginning(int weights) {
    return new ToyModel(0, weights);
  }

  static Fingerprint fingerprint(int weights) {
    return Fingerprint.newBuilder().setModel("toy" + weights).setArithmetic("1").build();
  }

  static int weights(Fingerprint fingerprint) {
    return Integer.parseInt(fingerprint.getModel().substring("toy".length()));
  }

  static ServedModels served(int weights) {
    return new ServedModels(
        List.of(
            new ServedModel(
                "toy",
                Topics.DEFAULT_POOL,
                new Letters(),
                new Plain(),
                SamplingParameters.GREEDY,
                fingerprint(weights),
                "TOY",
                256)));
  }

  static ToyModel of(@Nullable SessionState state, int weights) {
    return state == null ? beginning(weights) : of(state);
  }

  static ToyModel of(SessionState state) {
    float[] floats = state.toArray();
    return new ToyModel((int) floats[0], (int) floats[1]);
  }

  SessionState state() {
    return SessionState.of(new float[] {a, b});
  }

  ToyModel read(int id) {
    int nextA = (a * 31 + id + 1) % MODULUS;
    return new ToyModel(nextA, (b * 17 + nextA) % MODULUS);
  }

  ToyModel readAll(int[] ids) {
    ToyModel after = this;
    for (int id : ids) {
      after = after.read(id);
    }
    return after;
  }

  /**
   * What comes next.
   *
   * @param arithmetic another number is another version of the arithmetic: it reads alike and draws
   *     otherwise
   */
  int draw(PenaltyTable penalties, long seed, int turn, int index, int arithmetic) {
    double uniform = CounterRandom.uniform(seed, turn, 0, index);
    int penalty = arithmetic * 5;
    int[] tokens = penalties.tokens();
    float[] counts = penalties.counts();
    for (int i = 0; i < tokens.length; i++) {
      penalty = penalty * 31 + tokens[i] + Float.floatToRawIntBits(counts[i]) % 8191;
    }
    int place = Math.floorMod((int) (uniform * 1_000_000) + a + 3 * b + penalty, 64);
    return place == 63 ? END_OF_TEXT : ALPHABET[place % ALPHABET.length];
  }

  /** An id is a byte. */
  private static final class Letters implements Tokenizer {
    @Override
    public int[] encode(byte[] utf8) {
      int[] ids = new int[utf8.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = utf8[i] & 0xff;
      }
      return ids;
    }

    @Override
    public int[] encode(String text) {
      return encode(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public byte[] bytes(int token) {
      return new byte[] {(byte) token};
    }

    @Override
    public int vocabularySize() {
      return 256;
    }

    @Override
    public String name() {
      return "letters";
    }

    @Override
    public String digest() {
      return "";
    }
  }

  private static final class Plain implements ChatTemplate {
    @Override
    public String first(List<ChatMessage> messages) {
      return String.join("|", messages.stream().map(ChatMessage::content).toList());
    }

    @Override
    public String next(List<ChatMessage> messages) {
      return "|" + first(messages);
    }

    @Override
    public List<String> stop() {
      return List.of();
    }

    @Override
    public JsonNode toJson() {
      return JsonNodeFactory.instance.objectNode();
    }
  }
}
