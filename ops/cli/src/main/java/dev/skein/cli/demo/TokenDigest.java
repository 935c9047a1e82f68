package dev.skein.cli.demo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The checksum that demo and benches print: SHA-256 over token ids, four bytes each, little endian.
 */
final class TokenDigest {
  private TokenDigest() {}

  /** The digest of the ids of all turns, one after another, in hex. */
  static String of(int[]... turns) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (int[] ids : turns) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(ids);
        sha.update(bytes);
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
