package dev.skein.router.delivery;

import dev.skein.proto.TokenEvent;
import java.time.Duration;
import java.util.List;

/**
 * A pool's topic {@code tokens}, read where the push is silent: everything is there, of committed
 * transactions or not. Its calls return at once; events come on another thread.
 */
public interface TokenLog {

  /** An event and where it lies. */
  record Logged(long offset, TokenEvent event) {}

  /** Takes what was read. */
  interface Listener {
    /**
     * @param done to be called when the events were dealt with: more are read then
     */
    void read(int shard, List<Logged> events, Runnable done);

    /** Everything was told that lay in the shard's partition when a reading of it began. */
    void reached(long reading);
  }

  /** Who is told from now on; to be called before anything is read. */
  void listen(Listener listener);

  /**
   * Begins to read a shard's events, or goes back to an earlier one.
   *
   * @param from offset of the first event to be read; negative: not known
   * @param age where the offset is not known, how long ago the first event of interest may have
   *     been written at most
   * @return what this reading is known by
   */
  long read(int shard, long from, Duration age);

  /** Ends reading a shard. */
  void stop(int shard);
}
