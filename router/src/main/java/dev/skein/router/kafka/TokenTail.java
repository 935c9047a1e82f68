package dev.skein.router.kafka;

import dev.skein.proto.BadRecordException;
import dev.skein.proto.TokenEventCodec;
import dev.skein.proto.Topics;
import dev.skein.router.RouterOptions;
import dev.skein.router.delivery.TokenLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads partitions of a pool's {@code tokens} as a {@code read_uncommitted} consumer, as long as
 * somebody asks for it; a router whose pushes flow has no such consumer at all. One thread.
 */
final class TokenTail implements TokenLog, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TokenTail.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final int BATCHES_WAITING = 4;
  private static final long BATCH_SECONDS_MAX = 5;

  /** Clocks of workers and routers may differ by so much. */
  private static final Duration CLOCKS_APART = Duration.ofMinutes(1);

  private final Properties settings = new Properties();
  private final Topics topics;
  private final InstantSource clock;
  private final Thread thread;
  private final BlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();

  /**
   * Shards that somebody wants to be read: a command that had to be given again may be outdated.
   */
  private final Set<Integer> wanted = ConcurrentHashMap.newKeySet();

  private final Semaphore room = new Semaphore(BATCHES_WAITING);
  private final AtomicLong readings = new AtomicLong();
  private final List<Reading> under = new ArrayList<>();
  private volatile @Nullable Listener listener;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private volatile boolean closed;

  /** How far the partition is to be read until everything was told that was there at first. */
  private record Reading(long id, TopicPartition partition, long end) {}

  private TokenTail(RouterOptions options, Topics topics, InstantSource clock) {
    this.topics = topics;
    this.clock = clock;
    settings.putAll(options.client());
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "skein-tokens-" + topics.pool());
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20);
    // A broker that stands still answers nothing; others lead its partitions long before 30 s.
    settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
    this.thread = Thread.ofPlatform().name("skein-tokens").daemon().unstarted(this::run);
  }

  /** Starts the thread; Kafka is not asked for anything yet. */
  static TokenTail start(RouterOptions options, Topics topics, InstantSource clock) {
    TokenTail tail = new TokenTail(options, topics, clock);
    tail.thread.start();
    return tail;
  }

  @Override
  public void listen(Listener to) {
    listener = to;
  }

  @Override
  public long read(int shard, long from, Duration age) {
    long id = readings.incrementAndGet();
    wanted.add(shard);
    long since = clock.millis() - age.plus(CLOCKS_APART).toMillis();
    command(() -> begin(id, new TopicPartition(topics.tokens(), shard), from, since));
    return id;
  }

  @Override
  public void stop(int shard) {
    wanted.remove(shard);
    command(() -> {
      KafkaConsumer<byte[], byte[]> reading = consumer;
      if (reading != null && !wanted.contains(shard)) {
        List<TopicPartition> rest = new ArrayList<>(reading.assignment());
        rest.remove(new TopicPartition(topics.tokens(), shard));
        under.removeIf(one -> one.partition().partition() == shard);
        assign(reading, rest);
      }
    });
  }

  private void command(Runnable command) {
    commands.add(command);
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading != null) {
      reading.wakeup();
    }
  }

  private void run() {
    while (!closed) {
      try {
        KafkaConsumer<byte[], byte[]> reading = consumer;
        Runnable command = reading == null ? commands.take() : commands.poll();
        if (command != null) {
          obey(command);
        } else if (reading != null) {
          poll(reading);
        }
      } catch (InterruptedException e) {
        closed = true;
      }
    }
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading != null) {
      reading.close(CloseOptions.timeout(Duration.ZERO));
    }
  }

  /** A command that Kafka interrupts is given again. */
  private void obey(Runnable command) {
    try {
      command.run();
    } catch (WakeupException e) {
      commands.add(command);
    } catch (KafkaException e) {
      LOG.warn("{} cannot be read, trying again: {}", topics.tokens(), e.toString());
      commands.add(command);
    }
  }

  private void begin(long id, TopicPartition partition, long from, long sinceMs) {
    if (!wanted.contains(partition.partition())) {
      return;
    }
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading == null) {
      reading =
          new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      consumer = reading;
    }
    boolean known = reading.assignment().contains(partition);
    long start = Math.max(from < 0 ? offsetAt(reading, partition, sinceMs) : from, 0);
    if (!known) {
      List<TopicPartition> all = new ArrayList<>(reading.assignment());
      all.add(partition);
      reading.assign(all);
      reading.seek(partition, start);
    } else if (reading.position(partition) > start) {
      reading.seek(partition, start);
    }
    under.add(new Reading(id, partition, end(reading, partition)));
  }

  private static long end(KafkaConsumer<byte[], byte[]> reading, TopicPartition partition) {
    return reading.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
  }

  private static long offsetAt(
      KafkaConsumer<byte[], byte[]> reading, TopicPartition partition, long sinceMs) {
    OffsetAndTimestamp found = reading.offsetsForTimes(Map.of(partition, sinceMs)).get(partition);
    return found != null ? found.offset() : end(reading, partition);
  }

  private void assign(KafkaConsumer<byte[], byte[]> reading, List<TopicPartition> partitions) {
    if (partitions.isEmpty()) {
      consumer = null;
      reading.close(CloseOptions.timeout(Duration.ZERO));
    } else {
      reading.assign(partitions);
    }
  }

  private void poll(KafkaConsumer<byte[], byte[]> reading) throws InterruptedException {
    try {
      ConsumerRecords<byte[], byte[]> records = reading.poll(POLL);
      for (TopicPartition partition : records.partitions()) {
        List<ConsumerRecord<byte[], byte[]>> some = records.records(partition);
        if (!isDelivered(partition.partition(), some)) {
          reading.seek(partition, some.getFirst().offset());
        }
      }
      tellReached(reading);
    } catch (WakeupException e) {
      LOG.trace("called");
    } catch (OffsetOutOfRangeException e) {
      reading.seekToBeginning(e.offsetOutOfRangePartitions().keySet());
    } catch (KafkaException e) {
      LOG.warn("{} cannot be read, trying again: {}", topics.tokens(), e.toString());
    }
  }

  private void tellReached(KafkaConsumer<byte[], byte[]> reading) {
    Listener to = listener;
    under.removeIf(one -> {
      boolean reached = reading.position(one.partition()) >= one.end();
      if (reached && to != null) {
        to.reached(one.id());
      }
      return reached;
    });
  }

  /** False if there was no room for them in time: they are read again. */
  private boolean isDelivered(int shard, List<ConsumerRecord<byte[], byte[]>> records)
      throws InterruptedException {
    List<Logged> events = new ArrayList<>(records.size());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      Logged event = logged(record);
      if (event != null) {
        events.add(event);
      }
    }
    if (!room.tryAcquire(BATCH_SECONDS_MAX, TimeUnit.SECONDS)) {
      LOG.warn("Events of {} were not dealt with in time", topics.tokens());
      return false;
    }
    Listener to = listener;
    if (to != null) {
      to.read(shard, events, room::release);
    }
    return true;
  }

  private static @Nullable Logged logged(ConsumerRecord<byte[], byte[]> record) {
    try {
      byte[] value = record.value();
      return value == null ? null : new Logged(record.offset(), TokenEventCodec.decode(value));
    } catch (BadRecordException e) {
      return null; // nobody of us wrote it
    }
  }

  @Override
  public void close() {
    command(() -> closed = true);
  }
}
