package dev.skein.model.text.bpe;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.file.ModelFormatException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@code tokenizer.json}, checked: a byte-level BPE with a token for every byte, and nothing that
 * the tokenizers of RWKV models do not have.
 *
 * @param bytes what each id stands for; none for ids that are not in the vocabulary
 * @param singleBytes the token of every byte; -1 for none
 * @param json the parts of the description that say how to encode, written anew
 * @param digest SHA-256 of vocabulary and merges
 */
@SuppressWarnings("ArrayRecordComponent") // a holder, never compared
record TokenizerJson(byte[][] bytes, int[] singleBytes, String json, String digest) {
  private static final int ID_MAX = 1 << 20;
  private static final String MEND =
      "give the vocabulary that belongs to the model, for Pile and Raven models 20B_tokenizer.json";
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build());
  }

  static TokenizerJson read(Path path, String text) throws ModelFormatException {
    try {
      return new Reading(JSON.readTree(text)).result();
    } catch (JsonProcessingException e) {
      throw ModelFormatException.damaged(
          path, "it is not valid JSON (" + e.getOriginalMessage() + ")");
    } catch (IllegalArgumentException e) {
      throw ModelFormatException.of(path, String.valueOf(e.getMessage()), MEND);
    }
  }

  /**
   * The token that is exactly this byte.
   *
   * @throws IllegalArgumentException if there is none: only for bytes that no UTF-8 text has
   */
  int singleByte(int b) {
    if (singleBytes[b] < 0) {
      throw new IllegalArgumentException(
          "the vocabulary has no token for the byte 0x%02x, which no UTF-8 text has".formatted(b));
    }
    return singleBytes[b];
  }

  /** One pass over a description; a fault is an IllegalArgumentException that names it. */
  private static final class Reading {
    private final JsonNode root;
    private final ObjectNode clean = JSON.createObjectNode();
    private final MessageDigest sha = sha();
    private byte[] @Nullable [] bytes = new byte[0][];
    private int size;

    Reading(JsonNode root) {
      this.root = root;
    }

    TokenizerJson result() throws JsonProcessingException {
      require(root.path("model").path("vocab").isObject(), "this is no tokenizer of words");
      clean.put("version", "1.0");
      clean.putNull("truncation").putNull("padding").putNull("post_processor").putNull("decoder");
      normalizer();
      preTokenizer();
      vocabulary();
      int[] singles = singles();
      addedTokens();
      byte[][] table = new byte[size][];
      for (int id = 0; id < size; id++) {
        byte[] token = bytes[id] == null ? new byte[0] : bytes[id];
        table[id] = token;
        sha.update((id + " " + token.length + " ").getBytes(UTF_8));
        sha.update(token);
      }
      sha.update(clean.toString().getBytes(UTF_8));
      return new TokenizerJson(
          table, singles, JSON.writeValueAsString(clean), HexFormat.of().formatHex(sha.digest()));
    }

    private void normalizer() {
      JsonNode normalizer = root.path("normalizer");
      boolean none = normalizer.isNull() || normalizer.isMissingNode();
      String type = normalizer.path("type").asText();
      require(none || type.equals("NFC"), "its normalizer '" + type + "' is not known");
      if (none) {
        clean.putNull("normalizer");
      } else {
        clean.putObject("normalizer").put("type", "NFC");
      }
    }

    private void preTokenizer() {
      JsonNode splitter = root.path("pre_tokenizer");
      String type = splitter.path("type").asText();
      require(type.equals("ByteLevel"), "its pre_tokenizer '" + type + "' is not ByteLevel");
      require(
          !splitter.path("add_prefix_space").asBoolean(true),
          "it puts a blank before every text, which no tokenizer of RWKV does");
      clean
          .putObject("pre_tokenizer")
          .put("type", "ByteLevel")
          .put("add_prefix_space", false)
          .put("trim_offsets", true)
          .put("use_regex", splitter.path("use_regex").asBoolean(true));
    }

    private void vocabulary() {
      JsonNode model = root.path("model");
      String type = model.path("type").asText("BPE");
      require(type.equals("BPE"), "its model '" + type + "' is not BPE");
      for (String part :
          new String[] {
            "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"
          }) {
        JsonNode value = model.path(part);
        require(
            value.isMissingNode() || value.isNull() || value.asText().isEmpty(),
            "its model has a " + part + ", which no tokenizer of RWKV has");
      }
      JsonNode merges = model.path("merges");
      require(merges.isArray(), "its model has no list of merges");
      for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
        put(id(entry.getValue()), entry.getKey());
      }
      ObjectNode bpe = clean.putObject("model");
      bpe.put("type", "BPE");
      bpe.putNull("dropout").putNull("unk_token");
      bpe.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
      bpe.put("fuse_unk", false).put("ignore_merges", model.path("ignore_merges").asBoolean());
      bpe.set("vocab", model.path("vocab"));
      bpe.set("merges", merges);
    }

    private int[] singles() {
      JsonNode vocabulary = root.path("model").path("vocab");
      int[] singles = new int[256];
      for (int b = 0; b < 256; b++) {
        JsonNode id = vocabulary.path(String.valueOf(ByteAlphabet.character(b)));
        require(
            id.isInt() || !occursInUtf8(b),
            "it has no token for the single byte " + b + ", so not every text could be encoded");
        singles[b] = id.asInt(-1);
      }
      return singles;
    }

    private static boolean occursInUtf8(int b) {
      return b < 0xc0 || (b > 0xc1 && b < 0xf5);
    }

    private void addedTokens() {
      ArrayNode added = clean.putArray("added_tokens");
      JsonNode vocabulary = root.path("model").path("vocab");
      for (JsonNode token : root.path("added_tokens")) {
        String content = token.path("content").asText();
        int id = id(token.path("id"));
        require(!content.isEmpty(), "the added token " + id + " has no content");
        if (!vocabulary.path(content).equals(token.path("id"))) {
          require(id == size, "the added token " + id + " does not follow the ids before it");
          put(id, content);
        }
        ObjectNode copy = added.addObject().put("id", id).put("content", content);
        for (String flag :
            new String[] {"single_word", "lstrip", "rstrip", "normalized", "special"}) {
          copy.put(flag, token.path(flag).asBoolean());
        }
      }
    }

    private int id(JsonNode id) {
      require(
          id.isInt() && id.intValue() >= 0 && id.intValue() <= ID_MAX,
          "it gives a token the id " + id + ", which is not from 0 to " + ID_MAX);
      return id.intValue();
    }

    private void put(int id, String token) {
      if (id >= bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(id + 1, 2 * bytes.length));
      }
      require(bytes[id] == null, "it gives the id " + id + " to two tokens");
      bytes[id] = ByteAlphabet.decode(token);
      size = Math.max(size, id + 1);
    }

    private static void require(boolean condition, String fault) {
      if (!condition) {
        throw new IllegalArgumentException(fault);
      }
    }

    private static MessageDigest sha() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every JDK has SHA-256", e);
      }
    }
  }
}
