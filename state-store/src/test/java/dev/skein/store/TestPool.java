package dev.skein.store;

import dev.skein.proto.Topics;
import dev.skein.store.kafka.KafkaShardStore;
import dev.skein.store.kafka.PoolTopics;
import dev.skein.store.kafka.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** A new pool of two shards on one of the two logs, and what an onlooker sees of it. */
interface TestPool {

  int SHARDS = 2;

  Topics topics();

  ShardStore open(int shard);

  /** What a reader sees now, {@code read_committed} or {@code read_uncommitted}. */
  List<LogRecord> records(String topic, int shard, boolean committed);

  /** What a {@code read_committed} reader sees once no transaction is open any more. */
  List<LogRecord> settled(String topic, int shard);

  void append(String topic, int shard, byte @Nullable [] key, byte @Nullable [] value)
      throws Exception;

  /** Offset after the last record or marker. */
  long end(String topic, int shard);

  /** Copies a partition's committed records from another pool, as any tool would. */
  default void copy(TestPool from, String topic, String as, int shard) throws Exception {
    for (LogRecord record : from.settled(topic, shard)) {
      append(as, shard, record.key(), record.value());
    }
  }

  /** The logs that a store can lie on. */
  enum On {
    MEMORY {
      @Override
      TestPool newPool() {
        String id = "memory-" + NEXT.incrementAndGet();
        return new InMemory(new InMemoryCluster(id, Topics.main(), SHARDS));
      }
    },
    KAFKA {
      @Override
      TestPool newPool() throws StoreException {
        Topics topics = new Topics("t" + NEXT.incrementAndGet());
        PoolTopics.ensure(TestBroker.clients(), topics, SHARDS, (short) 1);
        return new OnKafka(topics);
      }
    };

    private static final AtomicInteger NEXT = new AtomicInteger();

    abstract TestPool newPool() throws StoreException;
  }

  /** In memory. */
  record InMemory(InMemoryCluster cluster) implements TestPool {

    @Override
    public Topics topics() {
      return cluster.topics();
    }

    @Override
    public ShardStore open(int shard) {
      return cluster.open(shard);
    }

    @Override
    public List<LogRecord> records(String topic, int shard, boolean committed) {
      return cluster.records(topic, shard, committed);
    }

    @Override
    public List<LogRecord> settled(String topic, int shard) {
      return records(topic, shard, true);
    }

    @Override
    public void append(String topic, int shard, byte @Nullable [] key, byte @Nullable [] value) {
      cluster.append(topic, shard, key, value);
    }

    @Override
    public long end(String topic, int shard) {
      return cluster.end(topic, shard);
    }
  }

  /** On a broker. */
  record OnKafka(Topics topics) implements TestPool {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Override
    public ShardStore open(int shard) {
      return new KafkaShardStore(topics, shard, SHARDS, TestBroker.clients());
    }

    @Override
    public List<LogRecord> records(String topic, int shard, boolean committed) {
      TopicPartition partition = new TopicPartition(topic, shard);
      List<LogRecord> records = new ArrayList<>();
      try (KafkaConsumer<byte[], byte[]> consumer = consumer(committed)) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        while (consumer.position(partition) < end) {
          for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofMillis(50))) {
            records.add(new LogRecord(found.offset(), found.key(), found.value()));
          }
        }
      }
      return records;
    }

    /** A commit returns before its markers are written; until then nobody sees its records. */
    @Override
    public List<LogRecord> settled(String topic, int shard) {
      TopicPartition partition = new TopicPartition(topic, shard);
      long end = end(topic, shard);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      try (KafkaConsumer<byte[], byte[]> consumer = consumer(true)) {
        while (consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L) < end) {
          if (System.nanoTime() > deadline) {
            throw new IllegalStateException(partition + " holds a transaction that does not end");
          }
        }
      }
      return records(topic, shard, true);
    }

    @Override
    public void append(String topic, int shard, byte @Nullable [] key, byte @Nullable [] value)
        throws ExecutionException, InterruptedException {
      Properties settings = TestBroker.clients();
      settings.put("key.serializer", ByteArraySerializer.class);
      settings.put("value.serializer", ByteArraySerializer.class);
      try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
        producer.send(new ProducerRecord<>(topic, shard, key, value)).get();
      }
    }

    @Override
    public long end(String topic, int shard) {
      TopicPartition partition = new TopicPartition(topic, shard);
      try (KafkaConsumer<byte[], byte[]> consumer = consumer(false)) {
        return consumer.endOffsets(List.of(partition)).getOrDefault(partition, -1L);
      }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(boolean committed) {
      Properties settings = TestBroker.clients();
      settings.put("isolation.level", committed ? "read_committed" : "read_uncommitted");
      settings.put("key.deserializer", ByteArrayDeserializer.class);
      settings.put("value.deserializer", ByteArrayDeserializer.class);
      return new KafkaConsumer<>(settings);
    }
  }
}
