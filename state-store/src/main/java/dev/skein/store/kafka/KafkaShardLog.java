package dev.skein.store.kafka;

import dev.skein.proto.Topics;
import dev.skein.store.LogRecord;
import dev.skein.store.PublishListener;
import dev.skein.store.ShardLog;
import dev.skein.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;

/**
 * One shard's log on Kafka. Every record goes to partition = shard explicitly, through one producer
 * with the shard's {@code transactional.id}. A transaction begins with its first record. After any
 * error the transaction is left as it is: the next owner's fencing, or the broker's timeout, aborts
 * it.
 */
final class KafkaShardLog implements ShardLog {

  private final Topics topics;
  private final int shard;
  private final ClientSettings settings;
  private final TopicId id;
  private final ReaderPool readers;
  private final AtomicReference<@Nullable StoreException> failure = new AtomicReference<>();

  /**
   * Held while a record is appended and while a transaction is committed: the client refuses
   * records during a commit. Never taken on the client's own thread, which must not wait for
   * anything.
   */
  private final Object gate = new Object();

  /**
   * Where topics end that nobody can write to any more: since the fence, until this owner does. So
   * a takeover asks once.
   */
  private final Map<String, Long> frozenEnds = new ConcurrentHashMap<>();

  private volatile boolean open;
  private volatile boolean closed;
  private volatile @Nullable KafkaProducer<byte[], byte[]> producer;

  /** Held while something is read, because its client must not be closed while it is in use. */
  private final ReentrantLock reading = new ReentrantLock();

  private volatile @Nullable PartitionReader reader;

  /** What is known of the pool's topics. */
  interface TopicId {
    String get() throws StoreException;
  }

  /**
   * @param id of the topic of requests; asked once a takeover
   * @param readers lent while something is read
   */
  KafkaShardLog(Topics topics, int shard, Properties clientConfig, TopicId id, ReaderPool readers) {
    this.id = id;
    this.topics = topics;
    this.shard = shard;
    this.settings = new ClientSettings(clientConfig);
    this.readers = readers;
  }

  @Override
  public int partitions(String topic) throws StoreException {
    return reading("Asking for topic " + topic, () -> readers.partitions(topic, reader()));
  }

  @Override
  public void connect() throws StoreException {
    kafka(
        "Connecting for shard " + shard,
        () -> {
          connected().partitionsFor(topics.tokens());
          return connected().partitionsFor(topics.manifests());
        });
  }

  @Override
  public void fence() throws StoreException {
    kafka(
        "Taking over shard " + shard,
        () -> {
          connected().initTransactions();
          return true;
        });
    List<TopicPartition> readNext = List.of(place(topics.manifests()), place(topics.tokens()));
    reading("Reading the ends of shard " + shard, () -> reader().ends(readNext))
        .forEach((partition, end) -> frozenEnds.put(partition.topic(), end));
  }

  private TopicPartition place(String topic) {
    return new TopicPartition(topic, shard);
  }

  private KafkaProducer<byte[], byte[]> connected() {
    KafkaProducer<byte[], byte[]> mine = producer;
    if (mine == null) {
      mine = new KafkaProducer<>(settings.producer(topics.transactionalId(shard)));
      producer = mine;
      if (closed) {
        mine.close(Duration.ZERO);
      }
    }
    return mine;
  }

  @Override
  public void append(
      String topic,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, String> headers,
      PublishListener done) {
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, shard, key, value);
    headers.forEach(
        (name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    try {
      synchronized (gate) {
        throwIfFailed();
        if (!open) {
          producer().beginTransaction();
          open = true;
        }
        frozenEnds.remove(topic);
        Future<RecordMetadata> _ =
            producer().send(record, (metadata, error) -> answer(topic, metadata, error, done));
      }
    } catch (StoreException e) {
      done.failed(e);
    } catch (RuntimeException e) {
      done.failed(failed("Writing to " + topic, e));
    }
  }

  private void answer(
      String topic,
      @Nullable RecordMetadata metadata,
      @Nullable Exception error,
      PublishListener done) {
    if (error != null) {
      done.failed(failed("Writing to " + topic, error));
    } else if (metadata == null || !metadata.hasOffset()) {
      done.failed(failed("Writing to " + topic, new KafkaException("acknowledged without offset")));
    } else {
      done.acknowledged(metadata.offset());
    }
  }

  @Override
  public boolean open() {
    return open;
  }

  @Override
  public void commit() throws StoreException {
    synchronized (gate) {
      throwIfFailed();
      if (!open) {
        return;
      }
      kafka(
          "The commit",
          () -> {
            producer().flush();
            throwIfFailed();
            producer().commitTransaction();
            return true;
          });
      open = false;
      throwIfFailed();
    }
  }

  @Override
  public String id() throws StoreException {
    return id.get();
  }

  @Override
  public long end(String topic) throws StoreException {
    TopicPartition partition = place(topic);
    return reading("Reading " + partition, () -> reader().end(partition));
  }

  /**
   * To the end of what is committed. Once this owner has fenced the one before, and before it has
   * written there, that must be the end of the log: if another writer's transaction is open in the
   * partition, committed records may lie hidden behind its beginning.
   */
  @Override
  public long scan(String topic, long from, boolean committed, Visitor visitor)
      throws StoreException {
    TopicPartition partition = place(topic);
    return reading(
        "Reading " + partition,
        () ->
            committed
                ? readers.committed(shown -> scan(shown, partition, from, visitor))
                : scan(reader(), partition, from, visitor));
  }

  private long scan(PartitionReader from, TopicPartition partition, long first, Visitor visitor)
      throws StoreException {
    Long frozen = frozenEnds.get(partition.topic());
    long end = frozen == null ? from.end(partition) : frozen;
    from.scan(partition, first, end, visitor);
    return end;
  }

  @Override
  public @Nullable LogRecord next(String topic, int partition, long from) throws StoreException {
    TopicPartition place = new TopicPartition(topic, partition);
    return reading("Reading " + place, () -> reader().next(place, from));
  }

  /** A virtual thread for each task: an idle shard has none. */
  @Override
  public Executor besides() {
    return Thread::startVirtualThread;
  }

  @Override
  public void rest() {
    reading.lock();
    try {
      giveReaderBack();
    } finally {
      reading.unlock();
    }
  }

  private void giveReaderBack() {
    PartitionReader resting = reader;
    reader = null;
    if (resting != null) {
      readers.giveBack(resting);
    }
  }

  private void closeReader() {
    PartitionReader resting = reader;
    reader = null;
    if (resting != null) {
      resting.close();
    }
  }

  /**
   * Waits for nobody: an owner that is reading closes its reader itself, when its call comes back.
   */
  @Override
  public void close() {
    closed = true;
    StoreException end = new StoreException("The log of shard " + shard + " was closed.");
    boolean isSound = failure.compareAndSet(null, end);
    KafkaProducer<byte[], byte[]> mine = producer;
    if (mine != null) {
      mine.close(Duration.ZERO);
    }
    if (isSound && reading.tryLock()) {
      try {
        giveReaderBack();
      } finally {
        reading.unlock();
      }
      return;
    }
    PartitionReader inUse = reader;
    if (inUse != null) {
      inUse.interrupt();
    }
    closeReaderIfFree();
  }

  private void closeReaderIfFree() {
    if (reading.tryLock()) {
      try {
        closeReader();
      } finally {
        reading.unlock();
      }
    }
  }

  private PartitionReader reader() throws StoreException {
    throwIfFailed();
    PartitionReader mine = reader;
    if (mine == null) {
      mine = readers.take();
      reader = mine;
    }
    return mine;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    KafkaProducer<byte[], byte[]> mine = producer;
    if (mine == null) {
      throw new IllegalStateException("Shard " + shard + " was not taken over.");
    }
    return mine;
  }

  private void throwIfFailed() throws StoreException {
    StoreException first = failure.get();
    if (first != null) {
      throw first;
    }
  }

  private StoreException failed(String what, Exception cause) {
    String sentence =
        what
            + " in shard "
            + shard
            + " of pool "
            + topics.pool()
            + " failed: "
            + cause.getMessage()
            + ".";
    boolean fenced =
        cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException;
    StoreException now =
        fenced ? StoreException.fenced(sentence, cause) : new StoreException(sentence, cause);
    failure.compareAndSet(null, now);
    return now;
  }

  private <T extends @Nullable Object> T reading(String what, Call<T> call) throws StoreException {
    reading.lock();
    try {
      return kafka(what, call);
    } finally {
      reading.unlock();
      if (closed) {
        closeReaderIfFree();
      }
    }
  }

  private <T extends @Nullable Object> T kafka(String what, Call<T> call) throws StoreException {
    try {
      return call.run();
    } catch (RuntimeException e) {
      throw failed(what, e);
    }
  }

  private interface Call<T extends @Nullable Object> {
    T run() throws StoreException;
  }
}
