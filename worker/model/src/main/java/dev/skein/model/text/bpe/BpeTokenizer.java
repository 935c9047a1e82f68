package dev.skein.model.text.bpe;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Byte-level BPE. No special tokens are added, but {@code <|endoftext|>} in a text becomes its one
 * token. A text is first brought into Unicode's form NFC where the description says so, and then
 * encoding is lossless up to that; bytes that are no UTF-8 become their single-byte tokens (the
 * published vocabulary has them for all bytes that any UTF-8 text has). Every token has the exact
 * bytes that it stands for, which may be part of a character.
 */
public final class BpeTokenizer implements Tokenizer {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final byte[] NOTHING = {};

  private final TokenizersLibrary library;
  private final long handle;
  private final TokenizerJson description;

  private BpeTokenizer(TokenizersLibrary library, long handle, TokenizerJson description) {
    this.library = library;
    this.handle = handle;
    this.description = description;
    CLEANER.register(this, () -> library.deleteTokenizer(handle));
  }

  /**
   * Opens a tokenizer.
   *
   * @param path named in messages
   * @param json what stands in the file
   * @throws ModelFormatException if it is no byte-level BPE, or damaged
   * @throws IOException if there is no native part for this system
   */
  public static BpeTokenizer open(Path path, String json) throws IOException {
    TokenizerJson description = TokenizerJson.read(path, json);
    TokenizersLibrary library = TokenizersNative.load();
    try {
      long handle = library.createTokenizerFromString(description.json());
      library.disablePadding(handle);
      library.disableTruncation(handle);
      return new BpeTokenizer(library, handle, description);
    } catch (RuntimeException e) {
      throw ModelFormatException.damaged(
          path, "it is no usable tokenizer (" + String.valueOf(e.getMessage()).strip() + ")");
    }
  }

  @Override
  public int[] encode(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer text = CharBuffer.allocate(bytes.length);
    Ids ids = new Ids();
    while (true) {
      CoderResult result = decoder.decode(in, text, true);
      ids.addAll(encodeText(text.flip().toString()));
      text.clear();
      if (!result.isError()) {
        return ids.toArray();
      }
      for (int i = 0; i < result.length(); i++) {
        ids.add(description.singleByte(in.get() & 0xff));
      }
      decoder.reset();
    }
  }

  private long[] encodeText(String text) {
    if (text.isEmpty()) {
      return new long[0];
    }
    long encoding = library.encode(handle, text, false);
    try {
      return library.getTokenIds(encoding);
    } finally {
      library.deleteEncoding(encoding);
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public byte[] bytes(int token) {
    boolean known = token >= 0 && token < description.bytes().length;
    return known ? description.bytes()[token].clone() : NOTHING;
  }

  @Override
  public int vocabularySize() {
    return description.bytes().length;
  }

  @Override
  public String name() {
    return "gpt-neox";
  }

  @Override
  public String digest() {
    return description.digest();
  }

  /** A growing list of ids. */
  private static final class Ids {
    private int[] ids = new int[64];
    private int count;

    void add(int id) {
      if (count == ids.length) {
        ids = Arrays.copyOf(ids, 2 * count);
      }
      ids[count++] = id;
    }

    void addAll(long[] more) {
      for (long id : more) {
        add(Math.toIntExact(id));
      }
    }

    int[] toArray() {
      return Arrays.copyOf(ids, count);
    }
  }
}
