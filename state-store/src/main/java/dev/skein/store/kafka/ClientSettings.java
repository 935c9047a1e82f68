package dev.skein.store.kafka;

import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Settings of the store's clients: what the operator gave (addresses, security), under what the
 * protocol needs. Every wait is bounded.
 *
 * @param given the operator's client properties
 */
record ClientSettings(Properties given) {

  static final int ANSWER_MS_MAX = 15_000;

  /** A broker that stands still answers nothing, and soon others lead its partitions. */
  private static final int REQUEST_MS_MAX = 5_000;

  /** Making topics takes its time. */
  private static final int ADMIN_MS_MAX = 10_000;

  private static final int DELIVERY_MS_MAX = 20_000;
  private static final int TRANSACTION_MS_MAX = 30_000;

  /**
   * Readers read what is there. A fetch that waits for more would hold up the next partition's, and
   * that is what a takeover waits for.
   */
  private static final int FETCH_WAIT_MS_MAX = 1;

  private static final int FETCH_BYTES_MAX = 4 << 20;
  private static final int RECORD_BYTES_MAX = 4 << 20;
  private static final long BUFFER_BYTES = 64L << 20;

  /** A shard's one writer. */
  Properties producer(String transactionalId) {
    Properties p = common(transactionalId);
    p.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    p.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_MS_MAX);
    p.put(ProducerConfig.ACKS_CONFIG, "all");
    p.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    p.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    p.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 10);
    p.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, 200);
    p.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_MS_MAX);
    p.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, ANSWER_MS_MAX);
    p.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, RECORD_BYTES_MAX + (64 << 10));
    p.put(ProducerConfig.BUFFER_MEMORY_CONFIG, BUFFER_BYTES);
    p.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
    p.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    p.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    return p;
  }

  /** A reader of one assigned partition, without a group, that never jumps by itself. */
  Properties consumer(String clientId, boolean committed) {
    Properties p = common(clientId);
    p.remove(ConsumerConfig.GROUP_ID_CONFIG);
    p.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    p.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    p.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, committed ? "read_committed" : "read_uncommitted");
    p.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
    p.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS_MAX);
    p.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES_MAX);
    p.put(ConsumerConfig.RETRY_BACKOFF_MS_CONFIG, 10);
    p.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MS_MAX);
    p.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    p.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return p;
  }

  /** For topics and features. */
  Properties admin() {
    Properties p = common("skein-topics");
    p.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ADMIN_MS_MAX);
    p.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MS_MAX);
    return p;
  }

  private Properties common(String clientId) {
    Properties p = new Properties();
    for (String name : given.stringPropertyNames()) {
      p.put(name, given.getProperty(name));
    }
    p.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
    p.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MS_MAX);
    p.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    // A shard that comes back has the same client id; the JMX reporter would warn of its beans each
    // time.
    p.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, List.of());
    return p;
  }
}
