package dev.skein.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Plain Kafka clients on the topics of the pool. */
final class Bus implements AutoCloseable {
  static final String REQUESTS = "skein.main.requests";
  static final String TOKENS = "skein.main.tokens";
  static final String DEAD_LETTERS = "skein.main.dead-letters";

  private final String servers;
  private final KafkaProducer<byte[], byte[]> producer;

  Bus(UpProcess up) {
    this.servers = up.kafka();
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", servers, "acks", "all", "linger.ms", 0),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Produces, and waits for nothing. */
  void send(@Nullable String key, String value) {
    Future<RecordMetadata> _ = produce(key, value);
  }

  private Future<RecordMetadata> produce(@Nullable String key, String value) {
    byte[] keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
    return producer.send(
        new ProducerRecord<>(REQUESTS, keyBytes, value.getBytes(StandardCharsets.UTF_8)));
  }

  RecordMetadata request(@Nullable String key, String value) {
    try {
      return produce(key, value).get();
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Reads a topic from its beginning until a record satisfies {@code last}. */
  List<ConsumerRecord<byte[], byte[]>> readUntil(
      String topic,
      boolean committed,
      Duration patience,
      Predicate<ConsumerRecord<byte[], byte[]>> last) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            servers,
            "isolation.level",
            committed ? "read_committed" : "read_uncommitted",
            "fetch.max.wait.ms",
            20,
            "enable.auto.commit",
            false);
    List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long deadline = System.nanoTime() + patience.toNanos();
      while (System.nanoTime() < deadline) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          read.add(record);
          if (last.test(record)) {
            return read;
          }
        }
      }
    }
    throw new AssertionError(
        "nothing fitting came within "
            + patience
            + "; read "
            + read.stream().map(Bus::text).toList());
  }

  /**
   * JSON events of a session up to the end of its turn with the given number, as a committed reader
   * sees them.
   */
  List<JsonNode> eventsUntilEndOf(String session, int turn, Duration patience) {
    return readUntil(
            TOKENS,
            true,
            patience,
            r ->
                isOf(session, r)
                    && json(r).path("done").asBoolean()
                    && json(r).path("turn").asInt() == turn)
        .stream()
        .filter(r -> isOf(session, r))
        .map(Bus::json)
        .toList();
  }

  static boolean isOf(String session, ConsumerRecord<byte[], byte[]> record) {
    return record.key() != null && session.equals(new String(record.key(), StandardCharsets.UTF_8));
  }

  static String text(ConsumerRecord<byte[], byte[]> record) {
    return record.value() == null ? "" : new String(record.value(), StandardCharsets.UTF_8);
  }

  static JsonNode json(ConsumerRecord<byte[], byte[]> record) {
    return Api.parse(text(record));
  }

  /** Token ids of a turn, in the order of the log; fails on a gap or a repeat. */
  static List<Integer> tokens(List<JsonNode> events, int turn) {
    List<Integer> tokens = new ArrayList<>();
    for (JsonNode event : events) {
      if (event.path("turn").asInt() == turn && event.has("token")) {
        if (event.path("index").asInt() != tokens.size()) {
          throw new AssertionError("index " + tokens.size() + " expected: " + event);
        }
        tokens.add(event.path("token").asInt());
      }
    }
    return tokens;
  }

  /** Hears tokens from now on, as soon as they are written. */
  Ear listen() {
    return new Ear(servers);
  }

  /** A reader that waits for one token after another. */
  static final class Ear implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final KafkaConsumer<byte[], byte[]> consumer;

    private Ear(String servers) {
      consumer =
          new KafkaConsumer<>(
              Map.of(
                  "bootstrap.servers", servers, "enable.auto.commit", false, "fetch.min.bytes", 1),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer());
      List<TopicPartition> partitions =
          consumer.partitionsFor(TOKENS).stream()
              .map(p -> new TopicPartition(TOKENS, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToEnd(partitions);
      partitions.forEach(consumer::position);
    }

    void awaitToken(String session, int turn) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (System.nanoTime() < deadline) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          if (isOf(session, record)
              && json(record).has("token")
              && json(record).path("turn").asInt() == turn) {
            return;
          }
        }
      }
      throw new AssertionError("no token of turn " + turn + " of " + session);
    }

    @Override
    public void close() {
      consumer.close();
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
