package dev.skein.bench;

import dev.skein.engine.DrawnToken;
import dev.skein.engine.FinishReason;
import dev.skein.engine.GenerationEnd;
import dev.skein.engine.GenerationListener;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Remembers the tokens of one session. */
public final class Recording implements GenerationListener {
  private int[] tokens;
  private int size;
  private @Nullable GenerationEnd end;

  /** Of a session that draws about so many. */
  public Recording(int expected) {
    tokens = new int[Math.max(1, expected)];
  }

  @Override
  public void onToken(DrawnToken token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
    }
    tokens[size++] = token.token();
  }

  @Override
  public void onEnd(GenerationEnd end) {
    this.end = end;
    if (end.reason() == FinishReason.ERROR) {
      throw new IllegalStateException("a session of the bench failed: " + end.error());
    }
  }

  boolean ended() {
    return end != null;
  }

  GenerationEnd end() {
    GenerationEnd known = end;
    if (known == null) {
      throw new IllegalStateException("the session has not ended");
    }
    return known;
  }

  int size() {
    return size;
  }

  /** What was drawn so far. */
  public int[] tokens() {
    return Arrays.copyOf(tokens, size);
  }

  /**
   * SHA-256, in hex, over the token ids of all sessions one after another, four bytes each, little
   * endian.
   */
  public static String digest(List<int[]> sessions) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (int[] ids : sessions) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(ids);
        sha.update(bytes.array());
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
