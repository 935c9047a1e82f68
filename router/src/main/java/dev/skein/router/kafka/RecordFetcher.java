package dev.skein.router.kafka;

import dev.skein.proto.Topics;
import dev.skein.router.RouterOptions;
import dev.skein.router.sessions.SessionLog.UnavailableException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads single committed records, wherever they lie. One thread with one consumer, which is made at
 * first use; what waits for it is bounded, and more is refused.
 */
final class RecordFetcher implements AutoCloseable {
  private static final int WAITING_MAX = 256;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long ANSWER_NANOS_MAX = Duration.ofSeconds(10).toNanos();
  private static final int FETCH_BYTES = 4 << 20;

  private final Properties settings = new Properties();
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          1,
          TimeUnit.MINUTES,
          new ArrayBlockingQueue<>(WAITING_MAX),
          Thread.ofPlatform().name("skein-records").daemon().factory());
  private @Nullable KafkaConsumer<byte[], byte[]> consumer;

  /** A piece of work for the one thread. */
  interface Work<T extends @Nullable Object> {
    T with(RecordFetcher records) throws Exception;
  }

  RecordFetcher(RouterOptions options, Topics topics) {
    settings.putAll(options.client());
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "skein-records-" + topics.pool());
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20);
    settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
    // A broker that stands still answers nothing; others lead its partitions long before 30 s.
    settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
  }

  /** Runs it on the fetcher's thread, after what came before; fails at once if too much waits. */
  <T extends @Nullable Object> CompletionStage<T> run(Work<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    try {
      thread.execute(() -> {
        try {
          done.complete(work.with(this));
        } catch (KafkaException e) {
          done.completeExceptionally(new UnavailableException("Kafka failed: " + e.getMessage()));
        } catch (Exception e) {
          done.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException e) {
      done.completeExceptionally(new UnavailableException("too much waits to be read from Kafka"));
    }
    return done;
  }

  /** The record at exactly this offset if it has this key, else null. On the fetcher's thread. */
  @Nullable ConsumerRecord<byte[], byte[]> read(TopicPartition partition, long offset, byte[] key)
      throws UnavailableException {
    ConsumerRecord<byte[], byte[]> first = first(partition, offset, record -> true);
    return first != null && first.offset() == offset && Arrays.equals(first.key(), key)
        ? first
        : null;
  }

  /**
   * The first committed record from an offset on that is wanted, null if there is none. On the
   * fetcher's thread.
   */
  @Nullable ConsumerRecord<byte[], byte[]> first(
      TopicPartition partition, long from, Predicate<ConsumerRecord<byte[], byte[]>> wanted)
      throws UnavailableException {
    KafkaConsumer<byte[], byte[]> reading = consumer();
    reading.assign(List.of(partition));
    long end = reading.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    long begin = reading.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
    reading.seek(partition, Math.max(from, begin));
    long deadline = System.nanoTime() + ANSWER_NANOS_MAX;
    try {
      while (reading.position(partition) < end) {
        for (ConsumerRecord<byte[], byte[]> record : reading.poll(POLL)) {
          if (record.offset() < end && wanted.test(record)) {
            return record;
          }
        }
        if (System.nanoTime() > deadline) {
          throw new UnavailableException("reading " + partition + " takes too long");
        }
      }
    } catch (InvalidOffsetException e) {
      return null;
    }
    return null;
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading == null) {
      reading =
          new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      consumer = reading;
    }
    return reading;
  }

  @Override
  public void close() {
    thread.execute(() -> {
      KafkaConsumer<byte[], byte[]> reading = consumer;
      if (reading != null) {
        reading.close(CloseOptions.timeout(Duration.ZERO));
      }
    });
    thread.shutdown();
  }
}
