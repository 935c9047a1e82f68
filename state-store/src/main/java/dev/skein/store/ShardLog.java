package dev.skein.store;

import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What {@link LogShardStore} needs of a log: one partition of each of the pool's topics, one
 * transactional writer that fences those before it, and reading. Kafka is one such log, {@link
 * InMemoryCluster} another.
 *
 * <p>One thread calls it, except that {@link #append} and {@link #scan} are also called from {@link
 * #besides()}; a commit excludes appends, and a scan is of another topic than what is written
 * meanwhile.
 */
public interface ShardLog extends AutoCloseable {

  /**
   * Id of the topic of requests. A topic that is made anew, here or in another cluster, has another
   * one.
   */
  String id() throws StoreException;

  /** Partitions that a topic has; 0 if it does not exist. */
  int partitions(String topic) throws StoreException;

  /** Does of {@link #fence} what disturbs nobody. May be left out. */
  default void connect() throws StoreException {}

  /**
   * Makes this the partition's only writer. When it returns, what an earlier writer had not
   * committed is aborted, and no earlier writer can append or commit any more.
   */
  void fence() throws StoreException;

  /**
   * Appends to this shard's partition of a topic, in the open transaction or in a new one. Never
   * throws for what the log refuses: {@code done} is told, and every later append and commit fails
   * as well.
   */
  void append(
      String topic,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, String> headers,
      PublishListener done);

  /** Whether a transaction is open: something was appended since the last commit. Any thread. */
  boolean open();

  /**
   * Waits until every append is acknowledged, then commits the open transaction, if one is.
   *
   * @throws StoreException if any append failed, or if it is not known that the commit came about
   */
  void commit() throws StoreException;

  /**
   * Visits the records from an offset (or from the start of the log, if that is above it, or if the
   * log ends below it because its topic was made anew) to the end that the log has now.
   *
   * @param committed whether records of open and aborted transactions are left out
   * @return that end
   */
  long scan(String topic, long from, boolean committed, Visitor visitor) throws StoreException;

  /** The offset behind everything that lies in this shard's partition of a topic. */
  long end(String topic) throws StoreException;

  /** The record at exactly this offset, committed or not; null if there is none (any more). */
  default @Nullable LogRecord read(String topic, int partition, long offset) throws StoreException {
    LogRecord found = next(topic, partition, offset);
    return found != null && found.offset() == offset ? found : null;
  }

  /**
   * The first record at or above an offset, committed or not, of any partition of the pool; null if
   * the log ends before one.
   */
  @Nullable LogRecord next(String topic, int partition, long from) throws StoreException;

  /** Where work may be done that must not be done in a listener: it may block. */
  Executor besides();

  /** Lets go of what only reading needs. */
  void rest();

  @Override
  void close();

  /** Takes records one by one. */
  interface Visitor {

    /** A record, in log order. */
    void visit(LogRecord record) throws StoreException;
  }
}
