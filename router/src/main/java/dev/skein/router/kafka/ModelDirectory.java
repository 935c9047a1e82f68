package dev.skein.router.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.ModelCard;
import dev.skein.proto.Topics;
import dev.skein.router.RouterException;
import dev.skein.router.RouterOptions;
import dev.skein.router.http.Models;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.SortedMap;
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
 * The models of the router's pools, as the topic {@code skein.models} names them. One thread
 * follows the topic from its beginning with fetches that the broker holds open until something
 * happens, so that an idle directory costs nothing and a new model is known at once.
 */
public final class ModelDirectory implements Models, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelDirectory.class);
  private static final Duration FETCH_WAIT = Duration.ofSeconds(10);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final long RETRY_MS = 500;

  private final Consumer<byte[], byte[]> consumer;
  private final CardTable cards;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);

  private ModelDirectory(Consumer<byte[], byte[]> consumer, CardTable cards) {
    this.consumer = consumer;
    this.cards = cards;
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
    config.put(ConsumerConfig.CLIENT_ID_CONFIG, "skein-models");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, (int) FETCH_WAIT.toMillis());
    config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    try {
      ModelDirectory directory =
          new ModelDirectory(
              new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()),
              new CardTable(options.pools()));
      directory.thread.start();
      return directory;
    } catch (KafkaException e) {
      throw new RouterException(KafkaFaults.sentence("read models from", options, e), e);
    }
  }

  @Override
  public SortedMap<String, ModelCard> models() {
    return cards.models();
  }

  @Override
  public SortedMap<String, ModelCard> of(String pool) {
    return cards.of(pool);
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
    String key = new String(record.key(), StandardCharsets.UTF_8);
    byte @Nullable [] value = record.value();
    try {
      cards.put(key, value == null ? null : ModelCard.parseFrom(value));
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("The card of model '{}' is unreadable and is ignored", key);
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
