package dev.skein.worker.shard;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.engine.SessionState;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.model.text.ChatMessage;
import dev.skein.model.text.ChatTemplate;
import dev.skein.model.text.Tokenizer;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Wire;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** As much of a model as a shard asks about, and requests for it. */
final class ToyModel {

  static final NamedState GRIM = NamedState.of("grim", SessionState.of(new float[] {4711, 12}));

  private ToyModel() {}

  static ServedModels served() {
    return served("toy");
  }

  /** The same words under other weights. */
  static ServedModels served(String weights) {
    return served(weights, "", 256);
  }

  /**
   * @param words digest of the tokenizer
   * @param vocabulary how many of them there are
   */
  static ServedModels served(String weights, String words, int vocabulary) {
    return served("toys", weights, words, vocabulary);
  }

  /** The same in a pool of that name. */
  static ServedModels servedIn(String pool) {
    return served(pool, "toy", "", 256);
  }

  private static ServedModels served(String pool, String weights, String words, int vocabulary) {
    return new ServedModels(
        List.of(
            new ServedModel(
                "toy",
                pool,
                new Letters(words, vocabulary),
                new Plain(),
                SamplingParameters.GREEDY,
                Fingerprint.newBuilder().setModel(weights).setArithmetic("1").build(),
                "TOY",
                vocabulary,
                Map.of(GRIM.name(), GRIM))));
  }

  static RawRecord request(long offset, String session, String json) {
    return new RawRecord(
        offset,
        session.isEmpty() ? null : session.getBytes(StandardCharsets.UTF_8),
        json.getBytes(StandardCharsets.UTF_8),
        Map.of(Wire.CONTENT_TYPE, Wire.JSON),
        1_000);
  }

  private record Letters(String digest, int vocabularySize) implements Tokenizer {
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
    public String name() {
      return "letters";
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
