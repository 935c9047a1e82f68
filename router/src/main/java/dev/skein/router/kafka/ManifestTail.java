package dev.skein.router.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Manifest;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.router.RouterOptions;
import dev.skein.router.sessions.SessionLog;
import dev.skein.router.sessions.SessionLog.UnavailableException;
import dev.skein.router.sessions.SessionTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a pool's {@code manifests} into a {@link SessionTable}. One thread, which begins when
 * somebody first asks: a router that nobody asks about sessions reads nothing. Where an event of a
 * turn is acknowledged, its session's manifest follows in the same transaction, within a quarter of
 * a second: the table is current when the transactions that were open are over and it has read as
 * far as the partitions then went.
 */
final class ManifestTail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ManifestTail.class);
  private static final Duration IDLE_POLL = Duration.ofSeconds(10);
  private static final Duration BUSY_POLL = Duration.ofMillis(20);
  private static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();

  /** So long it waits for the table, before the log alone has to do. */
  private static final long IMPATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

  private static final long WISH_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long RETRY_NANOS = Duration.ofMillis(500).toNanos();

  private final Topics topics;
  private final Properties settings = new Properties();
  private final SessionTable table;
  private final AtomicBoolean started = new AtomicBoolean();
  private final Queue<Waiter> asking = new ConcurrentLinkedQueue<>();
  private final List<Waiter> waiting = new ArrayList<>();
  private final Thread thread;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private volatile int shards;

  /** What somebody waits for was not read yet since the table was begun. */
  private volatile boolean behind;

  /** Where {@code manifests} ended when this was looked at last. Of the thread. */
  private Map<TopicPartition, Long> target = Map.of();

  private volatile boolean closed;

  /**
   * Where partitions end. Asked through a consumer that fetches nothing: a broker answers the
   * requests of a connection one after the other, and may hold a fetch for half a second.
   */
  private record Ends(KafkaConsumer<byte[], byte[]> consumer) implements AutoCloseable {
    Map<TopicPartition, Long> of(Collection<TopicPartition> partitions) {
      return consumer.endOffsets(partitions);
    }

    @Override
    public void close() {
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
  }

  /** Somebody who waits for the table. Owned by the thread, but for the future. */
  private static final class Waiter {
    final CompletableFuture<SessionTable> done = new CompletableFuture<>();
    final @Nullable BooleanSupplier wish;

    /** Whether the log alone will do, if the table takes long. */
    final boolean ofLog;

    final long sinceNanos = System.nanoTime();

    /** Where {@code tokens} ended when it asked, open transactions included. */
    Map<TopicPartition, Long> open = Map.of();

    /** Where {@code manifests} ended when those transactions were over; null while they are not. */
    @Nullable Map<TopicPartition, Long> ends;

    Waiter(@Nullable BooleanSupplier wish, boolean ofLog) {
      this.wish = wish;
      this.ofLog = ofLog;
    }
  }

  /** A tail that reads nothing before it is asked for something. */
  ManifestTail(RouterOptions options, Topics topics, SessionTable table) {
    this.topics = topics;
    this.table = table;
    settings.putAll(options.client());
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 500);
    // A broker that stands still answers nothing; others lead its partitions long before 30 s.
    settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
    this.thread = Thread.ofPlatform().name("skein-manifests").daemon().unstarted(this::run);
  }

  /** Begins to follow, if it does not already. */
  void follow() {
    if (started.compareAndSet(false, true)) {
      thread.start();
    }
  }

  /** See {@link SessionLog#current}. */
  CompletionStage<SessionTable> current() {
    return ask(new Waiter(null, false));
  }

  /** See {@link SessionLog#known}. */
  CompletionStage<SessionTable> known() {
    return ask(new Waiter(null, true));
  }

  /** Whether the table does not tell everything yet that was there when it was begun. */
  boolean isBehind() {
    return behind;
  }

  /** See {@link SessionLog#until}. */
  CompletionStage<SessionTable> until(BooleanSupplier wish) {
    return ask(new Waiter(wish, false));
  }

  /** How many shards the pool has, as far as was read; 0 before anything was. */
  int shards() {
    return shards;
  }

  private CompletionStage<SessionTable> ask(Waiter waiter) {
    follow();
    asking.add(waiter);
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading != null) {
      reading.wakeup();
    }
    return waiter.done;
  }

  private void run() {
    while (!closed) {
      try (KafkaConsumer<byte[], byte[]> committed = consumer("tail", "read_committed");
          Ends open = new Ends(consumer("open", "read_uncommitted"));
          Ends stable = new Ends(consumer("stable", "read_committed"))) {
        consumer = committed;
        read(committed, open, stable);
      } catch (WakeupException e) {
        LOG.trace("called");
      } catch (KafkaException e) {
        LOG.warn("{} cannot be read, trying again: {}", topics.manifests(), e.toString());
        giveUp();
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer(String name, String isolation) {
    Properties config = new Properties();
    config.putAll(settings);
    config.put(ConsumerConfig.CLIENT_ID_CONFIG, "skein-manifests-" + topics.pool() + "-" + name);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private void read(KafkaConsumer<byte[], byte[]> committed, Ends open, Ends stable) {
    List<TopicPartition> partitions = partitions(open);
    List<TopicPartition> tokens =
        partitions.stream().map(p -> new TopicPartition(topics.tokens(), p.partition())).toList();
    shards = partitions.size();
    committed.assign(partitions);
    committed.seekToBeginning(partitions);
    behind = true;
    while (!closed) {
      for (Waiter next = asking.poll(); next != null; next = asking.poll()) {
        next.open = open.of(tokens);
        waiting.add(next);
      }
      try {
        committed.poll(waiting.isEmpty() ? IDLE_POLL : BUSY_POLL).forEach(this::apply);
        waiting.removeIf(waiter -> settled(waiter, committed, stable));
      } catch (WakeupException e) {
        LOG.trace("called");
      }
    }
    committed.close(CloseOptions.timeout(Duration.ZERO));
  }

  /** Waits for the topic: a pool that was not made yet stores nothing. */
  private List<TopicPartition> partitions(Ends open) {
    while (!closed) {
      List<TopicPartition> found =
          open.consumer.partitionsFor(topics.manifests()).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      if (!found.isEmpty()) {
        return found;
      }
      for (Waiter next = asking.poll(); next != null; next = asking.poll()) {
        next.done.complete(table);
      }
      LockSupport.parkNanos(RETRY_NANOS);
    }
    return List.of();
  }

  private void apply(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() == null) {
      return;
    }
    String name = new String(record.key(), StandardCharsets.UTF_8);
    byte @Nullable [] value = record.value();
    try {
      if (!name.equals(Wire.SHARD_KEY)) {
        Manifest manifest = value == null ? null : Manifest.parseFrom(value);
        table.put(name, manifest, record.partition(), record.offset());
      } else if (value != null) {
        table.put(record.partition(), ShardRecord.parseFrom(value));
      }
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("The manifest of '{}' is unreadable and is ignored", name);
    }
  }

  private boolean settled(Waiter waiter, KafkaConsumer<byte[], byte[]> committed, Ends stable) {
    long waited = System.nanoTime() - waiter.sinceNanos;
    BooleanSupplier wish = waiter.wish;
    if (wish != null) {
      return (wish.getAsBoolean() || waited > WISH_NANOS) && waiter.done.complete(table);
    }
    if (waiter.ends == null && reached(waiter.open, stable.of(waiter.open.keySet()))) {
      target = stable.of(committed.assignment());
      waiter.ends = target;
    }
    Map<TopicPartition, Long> ends = waiter.ends;
    if (ends != null && missing(committed, ends) == 0) {
      behind = behind && !ends.equals(target);
      return waiter.done.complete(table);
    }
    if (ends != null && waiter.ofLog && behind && waited > IMPATIENCE_NANOS) {
      return waiter.done.complete(table);
    }
    return waited > PATIENCE_NANOS
        && waiter.done.completeExceptionally(late(ends == null ? 0 : missing(committed, ends)));
  }

  /** How many records were not read yet; ends of transactions count too. */
  private static long missing(
      KafkaConsumer<byte[], byte[]> committed, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .mapToLong(e -> Math.max(0, e.getValue() - committed.position(e.getKey())))
        .sum();
  }

  private static boolean reached(Map<TopicPartition, Long> wanted, Map<TopicPartition, Long> ends) {
    return wanted.entrySet().stream()
        .allMatch(e -> ends.getOrDefault(e.getKey(), 0L) >= e.getValue());
  }

  private void giveUp() {
    for (Waiter next = asking.poll(); next != null; next = asking.poll()) {
      waiting.add(next);
    }
    waiting.forEach(waiter -> waiter.done.completeExceptionally(late(0)));
    waiting.clear();
  }

  private UnavailableException late(long missing) {
    return new UnavailableException(
        missing == 0
            ? "the topic " + topics.manifests() + " could not be read in time"
            : "the topic %s is still being read, up to %,d records of it are missing"
                .formatted(topics.manifests(), missing));
  }

  @Override
  public void close() {
    closed = true;
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading != null) {
      reading.wakeup();
    }
  }
}
