package dev.skein.worker.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Control;
import dev.skein.proto.Expire;
import dev.skein.proto.Manifest;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.worker.owner.Lifetimes;
import dev.skein.worker.owner.RecordForwarder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks through the manifests of the shards that are owned here for sessions and graves that are
 * too old, and proposes to their owners, through {@code controls}, to end them. Manifests are read
 * one after another and not kept; what one round leaves over the next one finds.
 */
public final class Sweep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);
  private static final int PROPOSALS_MAX = 10_000;
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long LOOK_NANOS = Duration.ofMillis(500).toNanos();

  private final Topics topics;
  private final Properties settings = new Properties();
  private final Lifetimes lifetimes;
  private final Supplier<Set<Integer>> owned;
  private final RecordForwarder forwarder;
  private final InstantSource clock;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * Starts the thread.
   *
   * @param owned shards that run here now
   * @param client bootstrap servers and security, as for any Kafka client
   */
  public Sweep(
      Topics topics,
      Properties client,
      Lifetimes lifetimes,
      Supplier<Set<Integer>> owned,
      RecordForwarder forwarder,
      InstantSource clock) {
    this.topics = topics;
    this.lifetimes = lifetimes;
    this.owned = owned;
    this.forwarder = forwarder;
    this.clock = clock;
    settings.putAll(client);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    thread = Thread.ofPlatform().name("sweep").daemon(true).start(this::run);
  }

  private void run() {
    while (!closed) {
      long due = System.nanoTime() + lifetimes.sweep().toNanos();
      while (!closed && due - System.nanoTime() > 0) {
        LockSupport.parkNanos(Math.max(LOOK_NANOS, due - System.nanoTime()));
      }
      for (int shard : closed ? Set.<Integer>of() : owned.get()) {
        sweep(shard);
      }
    }
  }

  private void sweep(int shard) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Map<String, Expire> proposals = old(consumer, shard);
      proposals.forEach((session, expire) ->
          forwarder.tell(
              Control.newBuilder().setSession(session).setExpire(expire).build(),
              shard,
              failure -> LOG.debug("an expiry was not written", failure)));
      if (!proposals.isEmpty()) {
        LOG.info("shard {}: {} sessions or graves are too old", shard, proposals.size());
      }
    } catch (KafkaException e) {
      LOG.warn("looking for old sessions of shard {}: {}", shard, e.getMessage());
    }
  }

  private Map<String, Expire> old(KafkaConsumer<byte[], byte[]> consumer, int shard) {
    TopicPartition partition = new TopicPartition(topics.manifests(), shard);
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    Map<String, Expire> old = new LinkedHashMap<>();
    while (!closed && consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        look(record, old);
      }
    }
    return old;
  }

  /** The newest record of a session counts. */
  private void look(ConsumerRecord<byte[], byte[]> record, Map<String, Expire> old) {
    byte[] key = record.key();
    String session = key == null ? "" : new String(key, StandardCharsets.UTF_8);
    old.remove(session);
    Expire expire = key == null || session.equals(Wire.SHARD_KEY) ? null : judged(record.value());
    if (expire != null && old.size() < PROPOSALS_MAX) {
      old.put(session, expire);
    }
  }

  private @Nullable Expire judged(byte @Nullable [] value) {
    try {
      return value == null ? null : lifetimes.judged(Manifest.parseFrom(value), clock.millis());
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("a manifest cannot be read: {}", e.getMessage());
      return null;
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
