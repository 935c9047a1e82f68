package dev.skein.worker.shard;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The ids of a turn's prompt and draws behind the position that was stored last, and the hash chain
 * up to it. The chain takes one id at a time, so that it does not tell where anybody stored.
 */
final class TurnIds {

  private int position;
  private int[] ids;
  private int count;
  private byte[] chain;
  private long tokensRead;

  /**
   * @param position place in the turn of the first of {@code ids}
   * @param chain over everything before it
   * @param tokensRead length of that
   */
  TurnIds(int position, int[] ids, byte[] chain, long tokensRead) {
    this.position = position;
    this.ids = ids.clone();
    this.count = ids.length;
    this.chain = chain;
    this.tokensRead = tokensRead;
  }

  void drew(int token) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, Math.max(16, 2 * count));
    }
    ids[count++] = token;
  }

  /** Goes on to a later position and forgets what lies before it. */
  void advance(int to) {
    int passed = to - position;
    if (passed < 0 || passed > count) {
      throw new IllegalStateException(
          "position %d of a turn that knows %d ids from %d on".formatted(to, count, position));
    }
    chain = link(chain, Arrays.copyOf(ids, passed));
    ids = Arrays.copyOfRange(ids, passed, count);
    count -= passed;
    tokensRead += passed;
    position = to;
  }

  int position() {
    return position;
  }

  byte[] chain() {
    return chain;
  }

  long tokensRead() {
    return tokensRead;
  }

  /** SHA-256(chain, id in four bytes, lowest first), id by id. */
  static byte[] link(byte[] chain, int[] ids) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] linked = chain;
      for (int id : ids) {
        digest.update(linked);
        digest.update((byte) id);
        digest.update((byte) (id >>> 8));
        digest.update((byte) (id >>> 16));
        digest.update((byte) (id >>> 24));
        linked = digest.digest();
      }
      return linked;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
