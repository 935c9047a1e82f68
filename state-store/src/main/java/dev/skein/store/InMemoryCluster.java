package dev.skein.store;

import dev.skein.proto.Topics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The partitions of a pool's topics in memory, shared by the stores of its owners, for tests and
 * simulation. It behaves as Kafka does where the stores can tell: one transactional writer a shard
 * that fences those before it, records of open and aborted transactions that stay in the log,
 * commit and abort markers that take an offset, compaction that leaves gaps. What goes wrong and
 * when acknowledgements come is decided from outside, so that a run is a function of its seed.
 */
public final class InMemoryCluster {

  private final String id;
  private final Topics topics;
  private final int shards;
  private final Map<String, InMemoryPartition> partitions = new HashMap<>();
  private final Writer[] writers;
  private Faults faults = Faults.NONE;
  private Executor acknowledgements = Runnable::run;

  /** An empty pool. */
  public InMemoryCluster(Topics topics, int shards) {
    this("memory", topics, shards);
  }

  /**
   * An empty pool in another cluster.
   *
   * @param id which of several clusters it is
   */
  public InMemoryCluster(String id, Topics topics, int shards) {
    this.id = id;
    this.topics = topics;
    this.shards = shards;
    this.writers = new Writer[shards];
    for (int shard = 0; shard < shards; shard++) {
      writers[shard] = new Writer();
      for (String topic : topics.all()) {
        partitions.put(topic + "-" + shard, new InMemoryPartition());
      }
    }
  }

  String id() {
    return id;
  }

  /** The pool's topics. */
  public Topics topics() {
    return topics;
  }

  /** The pool's number of shards. */
  public int shards() {
    return shards;
  }

  /** A new store of a shard; nothing is taken over before its {@code acquire}. */
  public ShardStore open(int shard) {
    return new InMemoryShardStore(this, shard);
  }

  /** A shard's log alone, for a store that differs from the usual one. */
  public ShardLog log(int shard) {
    return new InMemoryShardLog(this, shard, true);
  }

  /** A log whose fence fences nobody, as no Kafka has it: for tests that plant this fault. */
  public ShardLog logWithoutFence(int shard) {
    return new InMemoryShardLog(this, shard, false);
  }

  /** From now on these faults. */
  public synchronized void faults(Faults next) {
    faults = next;
  }

  /**
   * Where acknowledgements are run from now on; at first at once, in the call that appends. A
   * commit waits for none: it runs what is still outstanding itself.
   */
  public synchronized void acknowledgements(Executor next) {
    acknowledgements = next;
  }

  /**
   * What the broker does to a transaction that is open too long: aborts it, and its owner cannot go
   * on.
   */
  public synchronized void expireTransaction(int shard) {
    if (writers[shard].open != null) {
      fence(shard);
    }
  }

  /**
   * Compacts a partition: of each key only the newest committed record stays, of the older ones not
   * even the place.
   */
  public synchronized void compact(String topic, int shard) {
    partition(topic, shard).compact();
  }

  /** Deletes what lies below an offset, as retention does. */
  public synchronized void truncate(String topic, int shard, long start) {
    partition(topic, shard).truncate(start);
  }

  /** Takes one record away, as a broken disk would. */
  public synchronized void delete(String topic, int shard, long offset) {
    partition(topic, shard).delete(offset);
  }

  /** Appends as somebody without a transaction would, and returns the offset. */
  public synchronized long append(
      String topic, int shard, byte @Nullable [] key, byte @Nullable [] value) {
    return partition(topic, shard).append(key, value, Map.of(), InMemoryTransaction.done());
  }

  /** What a reader sees: {@code read_committed} or {@code read_uncommitted}. */
  public synchronized List<LogRecord> records(String topic, int shard, boolean committed) {
    return partition(topic, shard).from(0, committed);
  }

  /** The offset that the next record will have. */
  public synchronized long end(String topic, int shard) {
    return partition(topic, shard).end();
  }

  /** What a reader sees that begins at an offset. */
  public synchronized List<LogRecord> records(
      String topic, int shard, long from, boolean committed) {
    return partition(topic, shard).from(from, committed);
  }

  /** The record at exactly this offset, committed or not; null if there is none any more. */
  public synchronized @Nullable LogRecord read(String topic, int shard, long offset) {
    return partition(topic, shard).at(offset);
  }

  /** The first record at or above an offset, committed or not; null if there is none. */
  public synchronized @Nullable LogRecord next(String topic, int shard, long from) {
    return partition(topic, shard).next(from);
  }

  int partitions(String topic) {
    return topics.all().contains(topic) ? shards : 0;
  }

  Faults.Fault fault(int shard, Faults.Step step, String topic) {
    Faults now;
    synchronized (this) {
      now = faults;
    }
    return now.at(shard, step, topic);
  }

  synchronized Executor acknowledgements() {
    return acknowledgements;
  }

  /** A new writer's number; those before it are refused from now on. */
  synchronized int fence(int shard) {
    Writer writer = writers[shard];
    InMemoryTransaction open = writer.open;
    if (open != null) {
      writer.open = null;
      open.end(InMemoryTransaction.Outcome.ABORTED);
    }
    return ++writer.number;
  }

  synchronized long append(
      int shard,
      int number,
      String topic,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, String> headers)
      throws StoreException {
    Writer writer = current(shard, number);
    InMemoryTransaction open = writer.open;
    if (open == null) {
      open = new InMemoryTransaction();
      writer.open = open;
    }
    return partition(topic, shard).append(key, value, headers, open);
  }

  synchronized void commit(int shard, int number) throws StoreException {
    Writer writer = current(shard, number);
    InMemoryTransaction open = writer.open;
    if (open == null) {
      throw new IllegalStateException("An empty transaction of shard " + shard + ".");
    }
    writer.open = null;
    open.end(InMemoryTransaction.Outcome.COMMITTED);
  }

  /** The newest writer's number: whoever takes it is not told from that writer. */
  synchronized int join(int shard) {
    return writers[shard].number;
  }

  private Writer current(int shard, int number) throws StoreException {
    Writer writer = writers[shard];
    if (writer.number != number) {
      throw StoreException.fenced(
          "Shard " + shard + " has another owner now, or its transaction timed out.", null);
    }
    return writer;
  }

  private InMemoryPartition partition(String topic, int shard) {
    InMemoryPartition partition = partitions.get(topic + "-" + shard);
    if (partition == null) {
      throw new IllegalArgumentException("There is no partition " + shard + " of " + topic + ".");
    }
    return partition;
  }

  private static final class Writer {
    private int number;
    private @Nullable InMemoryTransaction open;
  }
}
