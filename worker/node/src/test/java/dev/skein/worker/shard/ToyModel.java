package dev.skein.worker.shard;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.Generation;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.SessionState;
import dev.skein.model.sampling.CounterRandom;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatMessage;
import dev.skein.model.text.ChatTemplate;
import dev.skein.model.text.Tokenizer;
import dev.skein.proto.Fingerprint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model of two floats: its state is a hash of every token that it has read, and what it draws is
 * a function of that hash and of the counter-based random number. Whatever goes wrong with the
 * order or number of tokens shows at once.
 */
final class ToyModel {

  static final int STOP = 7;
  static final NamedState GRIM = NamedState.of("grim", SessionState.of(new float[] {4711, 12}));
  private static final int MODULUS = 1 << 20;

  private ToyModel() {}

  static ServedModels served() {
    return new ServedModels(
        List.of(
            new ServedModel(
                "toy",
                new Letters(),
                new Plain(),
                SamplingParameters.GREEDY,
                Fingerprint.newBuilder().setModel("toy").setArithmetic("1").build(),
                "TOY",
                256,
                Map.of(GRIM.name(), GRIM))));
  }

  /** One generation, a token a step. */
  static final class Run {
    private final Generation generation;
    private int a;
    private int b;
    private final List<Integer> drawn = new ArrayList<>();
    private @Nullable GenerationEnd end;
    private boolean cancelled;

    Run(Generation generation) {
      this.generation = generation;
      SessionState start = generation.start();
      if (start != null) {
        float[] floats = start.toArray();
        a = (int) floats[0];
        b = (int) floats[1];
      }
      for (int token : generation.prompt()) {
        feed(token);
      }
    }

    void cancel() {
      cancelled = true;
    }

    @Nullable GenerationEnd end() {
      return end;
    }

    /** The next token, or null when the run has ended. */
    @Nullable DrawnToken step() {
      if (cancelled) {
        finish(FinishReason.CANCELLED, drawn, Math.min(1, drawn.size()));
        return null;
      }
      if (drawn.size() >= generation.maxTokens()) {
        finish(FinishReason.LENGTH, drawn, Math.min(1, drawn.size()));
        return null;
      }
      if (!drawn.isEmpty()) {
        if (drawn.getLast() == STOP) {
          finish(FinishReason.STOP, drawn.subList(0, drawn.size() - 1), 0);
          return null;
        }
        feed(drawn.getLast());
      }
      int index = drawn.size();
      boolean forced = index < generation.drawn().length;
      int token = forced ? generation.drawn()[index] : draw(index);
      drawn.add(token);
      return new DrawnToken(index, token, "t" + token, forced, 0, List.of());
    }

    private int draw(int index) {
      double u = CounterRandom.uniform(generation.seed(), generation.turn(), 0, index);
      return Math.floorMod((int) (u * 1000) + a + 3 * b, 60);
    }

    private void feed(int token) {
      a = (a * 31 + token + 1) % MODULUS;
      b = (b * 17 + a) % MODULUS;
    }

    private void finish(FinishReason reason, List<Integer> kept, int unread) {
      int[] ids = kept.stream().mapToInt(Integer::intValue).toArray();
      SessionState state = generation.keepState() ? SessionState.of(new float[] {a, b}) : null;
      end =
          new GenerationEnd(
              reason, "", generation.prompt().length, drawn.size(), state, ids, unread, null);
    }
  }

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
      throw new IllegalStateException("a layout that no file describes");
    }
  }
}
