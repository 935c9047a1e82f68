package dev.skein.store.kafka;

import dev.skein.proto.SipHash;
import dev.skein.proto.Topics;
import dev.skein.store.KnownManifests;
import dev.skein.store.LogRecord;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the manifests of all shards that are owned elsewhere, all the time, so that taking one of
 * them over means catching up instead of reading a partition from its beginning. One consumer, one
 * thread; both sleep while every shard is owned here. Any thread may call it.
 */
public final class ManifestTail implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ManifestTail.class.getName());
  private static final Duration POLL = Duration.ofSeconds(5);
  private static final Duration REST = Duration.ofMillis(500);
  private static final int ANSWER_S_MAX = 5;

  /** Small commits come in crowds: half a second of them at a time. */
  private static final int FETCH_BYTES_MIN = 64 << 10;

  private static final int FETCH_WAIT_MS = 500;

  private final Topics topics;
  private final SipHash hash;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final BlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
  private final Thread thread;
  private final Map<Integer, Long> readTo = new ConcurrentHashMap<>();
  private volatile boolean closed;

  // Of the thread.
  private final Map<Integer, KnownManifests> known = new HashMap<>();
  private final Set<Integer> unplaced = new HashSet<>();

  /** What is known of a shard's manifests, for one store, which reads on instead of the tail. */
  public final class Loan implements Supplier<KnownManifests> {
    private final int shard;
    private @Nullable KnownManifests taken;

    private Loan(int shard) {
      this.shard = shard;
    }

    /** Everything that was read, or what there was time for. The tail reads no more of it. */
    @Override
    public KnownManifests get() {
      KnownManifests mine = take(shard);
      taken = mine;
      return mine;
    }

    /** The tail goes on where the store has stopped reading. Nothing, if nothing was taken. */
    public void giveBack() {
      KnownManifests mine = taken;
      taken = null;
      if (mine != null) {
        release(shard, mine);
      }
    }
  }

  /**
   * Begins to read.
   *
   * @param clientConfig properties of Kafka's clients: {@code bootstrap.servers} and security
   */
  public ManifestTail(Topics topics, int shards, Properties clientConfig) {
    this.topics = topics;
    SecureRandom random = new SecureRandom();
    this.hash = new SipHash(random.nextLong(), random.nextLong());
    Properties settings = new ClientSettings(clientConfig).consumer("skein-manifests", true);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, FETCH_BYTES_MIN);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS);
    consumer = new KafkaConsumer<>(settings);
    for (int shard = 0; shard < shards; shard++) {
      known.put(shard, new KnownManifests(hash));
      unplaced.add(shard);
    }
    thread = Thread.ofPlatform().name("manifest-tail").daemon(true).start(this::run);
  }

  /** Of a shard that a store may take over; not taken before it is asked for. */
  public Loan lend(int shard) {
    return new Loan(shard);
  }

  private KnownManifests take(int shard) {
    CompletableFuture<KnownManifests> taken = new CompletableFuture<>();
    command(() -> {
      KnownManifests own = known.remove(shard);
      unplaced.remove(shard);
      assign();
      taken.complete(own == null ? new KnownManifests(hash) : own);
    });
    try {
      return taken.get(ANSWER_S_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new KnownManifests(hash);
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(System.Logger.Level.DEBUG, "what is known of shard " + shard + " was not told", e);
      return new KnownManifests(hash);
    }
  }

  /** Below which offset everything was read of a shard's manifests, the last time it was read. */
  public long readTo(int shard) {
    return readTo.getOrDefault(shard, 0L);
  }

  private void release(int shard, KnownManifests read) {
    command(() -> {
      if (known.putIfAbsent(shard, read) == null) {
        unplaced.add(shard);
        assign();
      }
    });
  }

  private void command(Runnable command) {
    commands.add(command);
    consumer.wakeup();
  }

  private void run() {
    try {
      assign();
      while (!closed) {
        Runnable command = known.isEmpty() ? commands.take() : commands.poll();
        if (command == null) {
          read();
        } else {
          command.run();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
  }

  private void assign() {
    List<TopicPartition> partitions = new ArrayList<>();
    known.keySet().forEach(shard -> partitions.add(new TopicPartition(topics.manifests(), shard)));
    consumer.assign(partitions);
  }

  private void read() {
    try {
      place();
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        KnownManifests own = known.get(record.partition());
        if (own != null) {
          own.read(new LogRecord(record.offset(), record.key(), record.value()));
          readTo.put(record.partition(), own.next());
        }
      }
    } catch (WakeupException e) {
      LOG.log(System.Logger.Level.TRACE, "called");
    } catch (KafkaException e) {
      LOG.log(System.Logger.Level.WARNING, "reading manifests ahead: {0}", e.getMessage());
      LockSupport.parkNanos(REST.toNanos());
    }
  }

  /** A shard of which nothing was read begins where its log begins. */
  private void place() {
    for (int shard : unplaced) {
      TopicPartition partition = new TopicPartition(topics.manifests(), shard);
      KnownManifests own = known.get(shard);
      if (own == null || own.next() == 0) {
        consumer.seekToBeginning(List.of(partition));
      } else {
        consumer.seek(partition, own.next());
      }
    }
    unplaced.clear();
  }

  @Override
  public void close() {
    command(() -> closed = true);
    try {
      thread.join(Duration.ofSeconds(ANSWER_S_MAX));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
