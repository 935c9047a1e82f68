package dev.skein.cli.kafka;

import dev.skein.cli.CommandFailure;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What any program with Kafka's client library can do with a pool: put JSON requests on one topic,
 * read JSON events from another one as a {@code read_committed} consumer with a group of its own.
 * Nothing of Skein's is used here. For one thread.
 */
public final class PlainClient implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaProducer<String, String> producer;
  private final KafkaConsumer<String, String> consumer;
  private final String group;

  /** A record as acknowledged or as read. */
  public record Place(String topic, int partition, long offset) {}

  /** A record of the events' topic, and when it was seen ({@link System#nanoTime}). */
  public record Event(Place place, String key, String value, long seenNanos) {}

  /** Subscribes at the present end of the topic and returns when the partitions are assigned. */
  public PlainClient(String bootstrapServers, String eventsTopic, Duration patience) {
    this.group = "demo-" + UUID.randomUUID();
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers, "acks", "all", "linger.ms", 0),
            new StringSerializer(),
            new StringSerializer());
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "group.id",
                group,
                "isolation.level",
                "read_committed",
                "auto.offset.reset",
                "latest",
                "enable.auto.commit",
                false,
                "fetch.max.wait.ms",
                50),
            new StringDeserializer(),
            new StringDeserializer());
    consumer.subscribe(List.of(eventsTopic), new AtOnce());
    long deadline = System.nanoTime() + patience.toNanos();
    while (consumer.assignment().isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new CommandFailure(
            "no partition of " + eventsTopic + " was assigned within " + patience);
      }
      consumer.poll(POLL);
    }
  }

  /** The consumer group of this client. */
  public String group() {
    return group;
  }

  /** Produces and waits for the acknowledgement. */
  public Place send(String topic, String key, String value) {
    try {
      RecordMetadata at = producer.send(new ProducerRecord<>(topic, key, value)).get();
      return new Place(at.topic(), at.partition(), at.offset());
    } catch (ExecutionException e) {
      throw new CommandFailure("Kafka did not take the request: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  /**
   * Reads until {@code each} has returned true for an event of the key.
   *
   * @throws CommandFailure if that takes longer than {@code patience}
   */
  public void read(String key, Duration patience, Predicate<Event> each) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < deadline) {
      for (ConsumerRecord<String, String> r : consumer.poll(POLL)) {
        Place place = new Place(r.topic(), r.partition(), r.offset());
        if (key.equals(r.key())
            && each.test(new Event(place, r.key(), r.value(), System.nanoTime()))) {
          return;
        }
      }
    }
    throw new CommandFailure("the turn did not end within " + patience.toSeconds() + " s");
  }

  @Override
  public void close() {
    consumer.close();
    producer.close();
  }

  /**
   * Fixes where reading begins as soon as partitions are assigned, so that no later event is
   * missed.
   */
  private final class AtOnce implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      partitions.forEach(consumer::position);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      // one member: nothing is ever taken away while it reads
    }
  }
}
