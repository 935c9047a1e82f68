package dev.skein.cli.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, by which files are known. */
public final class Digests {
  private static final int PIECE = 1 << 20;

  private Digests() {}

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The digest of a file, 64 hex digits. */
  public static String sha256(Path file) throws IOException {
    MessageDigest digest = sha256();
    add(file, Long.MAX_VALUE, digest);
    return hex(digest);
  }

  /** Adds the first bytes of a file to a digest. */
  static void add(Path file, long bytes, MessageDigest digest) throws IOException {
    byte[] piece = new byte[PIECE];
    try (InputStream in = Files.newInputStream(file)) {
      long left = bytes;
      for (int n = 0; left > 0 && n >= 0; left -= Math.max(n, 0)) {
        n = in.read(piece, 0, (int) Math.min(PIECE, left));
        digest.update(piece, 0, Math.max(n, 0));
      }
      if (left > 0 && bytes != Long.MAX_VALUE) {
        throw new IOException(file + " became shorter");
      }
    }
  }
}
