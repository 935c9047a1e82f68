package dev.skein.cli.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.cli.CommandFailure;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which shard, as the shard records of the topic {@code manifests} say. For one thread.
 */
public final class ShardOwners implements AutoCloseable {
  private static final byte[] SHARD_KEY = Wire.SHARD_KEY.getBytes(StandardCharsets.UTF_8);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Topics topics;
  private final Map<Integer, String> owners = new HashMap<>();
  private List<TopicPartition> partitions = List.of();

  public ShardOwners(String bootstrapServers, Topics topics) {
    this.topics = topics;
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "isolation.level",
                "read_committed",
                "enable.auto.commit",
                false,
                "fetch.max.wait.ms",
                50),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
  }

  /**
   * The address of a shard's newest owner, {@code pekko://skein@host:port}; empty if it has none.
   */
  public String owner(int shard) {
    return all().getOrDefault(shard, "");
  }

  /** The addresses of the newest owners, by shard. What was read before is not read again. */
  public Map<Integer, String> all() {
    if (partitions.isEmpty()) {
      partitions =
          consumer.partitionsFor(topics.manifests()).stream()
              .map(found -> new TopicPartition(found.topic(), found.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    }
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    long deadline = System.nanoTime() + ANSWER.toNanos();
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      if (System.nanoTime() > deadline) {
        throw new CommandFailure("Kafka did not say within 10 s who owns the shards");
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        ShardRecord found = shardRecord(record);
        if (found != null) {
          owners.put(record.partition(), found.getOwner());
        }
      }
    }
    return Map.copyOf(owners);
  }

  private static @Nullable ShardRecord shardRecord(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null || !Arrays.equals(record.key(), SHARD_KEY)) {
      return null;
    }
    try {
      return ShardRecord.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      throw new CommandFailure("the shard record at offset " + record.offset() + " is broken", e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
