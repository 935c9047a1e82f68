package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Manifest;
import dev.skein.proto.Shards;
import dev.skein.proto.Topics;
import dev.skein.proto.TurnRef;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that rest, in any number: each has the manifest that a session had after a real turn,
 * under a name of its own, in the partition of its shard. An owner learns of them only when it
 * takes its shard over: it alone writes there otherwise.
 */
record ParkedSessions(String kafka, int shards) {
  private static final Topics TOPICS = Topics.main();
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration POLL = Duration.ofMillis(100);

  /** Names are sorted as their numbers are. */
  static String name(int number) {
    return "parked-%07d".formatted(number);
  }

  /** Writes so many sessions that are as one that exists. */
  void write(String model, int count) {
    Manifest manifest = manifest(model);
    assertThat(manifest.getSlotsCount())
        .as("snapshots, whose chunks have the name of %s", model)
        .isZero();
    AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers", kafka, "acks", "all", "linger.ms", 20, "batch.size", 1 << 18),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < count; i++) {
        byte[] key = utf8(name(i));
        var sent =
            producer.send(
                new ProducerRecord<>(
                    TOPICS.manifests(),
                    Shards.of(key, shards),
                    key,
                    renamed(manifest, name(i)).toByteArray()),
                (metadata, error) -> {
                  if (error != null) {
                    failed.set(error);
                  }
                });
        assertThat(sent).isNotNull();
      }
    }
    assertThat(failed.get()).isNull();
  }

  private static Manifest renamed(Manifest manifest, String name) {
    TurnRef head = manifest.getHead().toBuilder().setSession(name).setTranscriptFrom(-1).build();
    return manifest.toBuilder().setSession(name).setHead(head).build();
  }

  /** The newest manifest of a session. */
  private Manifest manifest(String session) {
    byte[] key = utf8(session);
    TopicPartition partition = new TopicPartition(TOPICS.manifests(), Shards.of(key, shards));
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", kafka, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (System.nanoTime() < deadline) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          Manifest found = Arrays.equals(record.key(), key) ? parsed(record.value()) : null;
          if (found != null && found.getNextTurn() > 0 && !found.hasUnfinished()) {
            return found;
          }
        }
      }
    }
    throw new AssertionError("no manifest of " + session);
  }

  private static Manifest parsed(byte[] value) {
    try {
      return Manifest.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
