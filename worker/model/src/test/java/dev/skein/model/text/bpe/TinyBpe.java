package dev.skein.model.text.bpe;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A small tokenizer.json made by hand: id 0 ends a text, 1 to 256 are the bytes, then "he", "ll",
 * "hell", "Ġh" and two blanks as an added token.
 */
public final class TinyBpe {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TinyBpe() {}

  /** Writes one that has ids up to {@code size - 1}; added tokens fill what the above leaves. */
  public static Path write(Path file, int size) throws IOException {
    ObjectNode root = description();
    ArrayNode added = (ArrayNode) root.get("added_tokens");
    for (int id = 262; id < size; id++) {
      added.addObject().put("id", id).put("content", "<filler " + id + ">").put("special", true);
    }
    return Files.writeString(file, JSON.writeValueAsString(root));
  }

  static ObjectNode description() {
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putObject("normalizer").put("type", "NFC");
    root.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab").put("<|endoftext|>", 0);
    for (int b = 0; b < 256; b++) {
      vocabulary.put(String.valueOf(ByteAlphabet.character(b)), b + 1);
    }
    vocabulary.put("he", 257).put("ll", 258).put("hell", 259).put("Ġh", 260);
    model.putArray("merges").add("h e").add("l l").add("he ll").add("Ġ h");
    ArrayNode added = root.putArray("added_tokens");
    added.addObject().put("id", 0).put("content", "<|endoftext|>").put("special", true);
    added.addObject().put("id", 261).put("content", "  ").put("normalized", true);
    return root;
  }
}
