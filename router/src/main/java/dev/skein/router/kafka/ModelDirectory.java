package dev.skein.router.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.ModelCard;
import dev.skein.proto.Topics;
import dev.skein.router.RouterException;
import dev.skein.router.RouterOptions;
import dev.skein.router.http.Models;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of a pool, as the topic {@code skein.models} names them. One thread follows the topic
 * from its beginning with fetches that the broker holds open until something happens, so that an
 * idle directory costs nothing and a new model is known at once.
 */
public final class ModelDirectory implements Models, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelDirectory.class);
  private static final int MODELS_MAX = 4_096;
  private static final Duration FETCH_WAIT = Duration.ofSeconds(10);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final long RETRY_MS = 500;

  private final Consumer<byte[], byte[]> consumer;
  private final String pool;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile SortedMap<String, ModelCard> models = new TreeMap<>();

  private ModelDirectory(Consumer<byte[], byte[]> consumer, String pool) {
    this.consumer = consumer;
    this.pool = pool;
    this.thread = Thread.ofPlatform().name("skein-models").daemon().unstarted(this::run);
  }

  /**
   * Starts to follow the topic; Kafka and the topic need not be there yet.
   *
   * @throws RouterException if the client's properties are wrong
   */
  public static ModelDirectory start(RouterOptions options) throws RouterException {
    Properties config = new Properties();
    config.putAll(options.client());
    config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    config.put(ConsumerConfig.CLIENT_ID_CONFIG, "skein-models-" + options.pool());
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) FETCH_WAIT.toMillis());
    config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    try {
      ModelDirectory directory =
          new ModelDirectory(
              new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()),
              options.pool());
      directory.thread.start();
      return directory;
    } catch (KafkaException e) {
      throw new RouterException(KafkaFaults.sentence("read models from", options, e), e);
    }
  }

  @Override
  public SortedMap<String, ModelCard> models() {
    return Collections.unmodifiableSortedMap(models);
  }

  @Override
  public @Nullable ModelCard find(String name) {
    return models.get(name);
  }

  @Override
  public @Nullable ModelCard defaultModel() {
    SortedMap<String, ModelCard> known = models;
    return known.isEmpty() ? null : known.get(known.firstKey());
  }

  /** Whether a broker is connected. */
  public boolean reachable() {
    for (Metric metric : consumer.metrics().values()) {
      if (metric.metricName().name().equals("connection-count")
          && metric.metricValue() instanceof Double connections) {
        return connections > 0;
      }
    }
    return false;
  }

  private void run() {
    while (closing.getCount() > 0) {
      try {
        follow();
      } catch (WakeupException e) {
        LOG.debug("The model directory closes");
      } catch (KafkaException e) {
        LOG.warn("The topic {} cannot be read, trying again: {}", Topics.MODELS, e.toString());
        pause();
      }
    }
    // A fetch may be held open by the broker; there is nothing to wait for.
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }

  private void follow() {
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.MODELS).stream().map(ModelDirectory::partition).toList();
    if (partitions.isEmpty()) {
      pause();
      return;
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    while (closing.getCount() > 0) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(FETCH_WAIT)) {
        apply(record);
      }
    }
  }

  private static TopicPartition partition(PartitionInfo info) {
    return new TopicPartition(info.topic(), info.partition());
  }

  private void pause() {
    try {
      if (closing.await(RETRY_MS, TimeUnit.MILLISECONDS)) {
        LOG.debug("The model directory closes");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing.countDown();
    }
  }

  private void apply(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() == null) {
      return;
    }
    String name = new String(record.key(), StandardCharsets.UTF_8);
    byte @Nullable [] value = record.value();
    SortedMap<String, ModelCard> next = new TreeMap<>(models);
    if (value == null) {
      next.remove(name);
    } else {
      put(next, name, value);
    }
    models = next;
  }

  private void put(SortedMap<String, ModelCard> next, String name, byte[] value) {
    try {
      ModelCard card = ModelCard.parseFrom(value);
      if (!card.getPool().equals(pool)) {
        next.remove(name);
      } else if (next.size() < MODELS_MAX || next.containsKey(name)) {
        next.put(name, card.toBuilder().setName(name).build());
      } else {
        LOG.warn("More than {} models: '{}' is not taken up", MODELS_MAX, name);
      }
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("The card of model '{}' is unreadable and is ignored", name);
    }
  }

  @Override
  public void close() {
    closing.countDown();
    consumer.wakeup();
    try {
      thread.join(CLOSE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
