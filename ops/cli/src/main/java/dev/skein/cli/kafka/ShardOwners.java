package dev.skein.cli.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.cli.CommandFailure;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
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
    TopicPartition partition = new TopicPartition(topics.manifests(), shard);
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    long deadline = System.nanoTime() + ANSWER.toNanos();
    String owner = "";
    while (consumer.position(partition) < end) {
      if (System.nanoTime() > deadline) {
        throw new CommandFailure("Kafka did not say within 10 s who owns shard " + shard);
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        ShardRecord found = shardRecord(record);
        owner = found == null ? owner : found.getOwner();
      }
    }
    return owner;
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
