package dev.skein.store.kafka;

import dev.skein.store.StoreException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingDeque;

/**
 * Readers that nobody uses just now, connected and with the topics' places in mind: a takeover that
 * had to make its own would wait for them, and shards are taken over several at a time. An idle
 * reader has no thread and asks for nothing. Any thread may call it.
 */
public final class ReaderPool implements AutoCloseable {

  /** What a surviving worker takes over at a time, of each kind; more are made and closed again. */
  private static final int IDLE_MAX = 6;

  /** What is done with a borrowed reader. */
  interface Reading<T> {
    T with(PartitionReader reader) throws StoreException;
  }

  private final ClientSettings settings;
  private final BlockingDeque<PartitionReader> committed = new LinkedBlockingDeque<>(IDLE_MAX);
  private final BlockingDeque<PartitionReader> uncommitted = new LinkedBlockingDeque<>(IDLE_MAX);
  private final Map<String, Integer> partitions = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * Empty at first.
   *
   * @param clientConfig properties of Kafka's clients: {@code bootstrap.servers} and security
   */
  public ReaderPool(Properties clientConfig) {
    this.settings = new ClientSettings(clientConfig);
  }

  /**
   * How many partitions a topic has: asked for once, since it never changes and a takeover has
   * better things to wait for.
   */
  int partitions(String topic, PartitionReader reader) {
    Integer known = partitions.get(topic);
    if (known != null) {
      return known;
    }
    int found = reader.partitions(topic);
    if (found > 0) {
      partitions.put(topic, found);
    }
    return found;
  }

  /** A reader that sees everything; the caller gives it back, or closes it after any trouble. */
  PartitionReader take() {
    return taken(uncommitted, false);
  }

  void giveBack(PartitionReader reader) {
    giveBack(reader, uncommitted);
  }

  /** Lends a reader that sees what is committed. */
  <T> T committed(Reading<T> reading) throws StoreException {
    PartitionReader reader = taken(committed, true);
    boolean sound = false;
    try {
      T result = reading.with(reader);
      sound = true;
      return result;
    } finally {
      if (sound) {
        giveBack(reader, committed);
      } else {
        reader.close();
      }
    }
  }

  private PartitionReader taken(BlockingDeque<PartitionReader> idle, boolean isCommitted) {
    PartitionReader reader = idle.pollFirst();
    return reader != null
        ? reader
        : new PartitionReader(settings.consumer("skein-reader", isCommitted));
  }

  private void giveBack(PartitionReader reader, BlockingDeque<PartitionReader> idle) {
    reader.release();
    if (!idle.offerFirst(reader)) {
      reader.close();
    } else if (closed) {
      closeAll(idle);
    }
  }

  private static void closeAll(BlockingDeque<PartitionReader> idle) {
    for (PartitionReader reader = idle.pollFirst(); reader != null; reader = idle.pollFirst()) {
      reader.close();
    }
  }

  /** Closes the idle ones; one that is lent is closed when it comes back. */
  @Override
  public void close() {
    closed = true;
    closeAll(committed);
    closeAll(uncommitted);
  }
}
