package dev.skein.cli.kafka;

import dev.skein.cli.CommandFailure;
import dev.skein.proto.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A plain Kafka client that waits for nothing: puts requests on a pool's topic, and hears every
 * event of the pool as soon as it is written, committed or not. Nothing of Skein's is used here.
 * For one thread.
 */
public final class StreamingClient implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Topics topics;
  private final KafkaProducer<String, String> producer;
  private final KafkaConsumer<String, String> consumer;

  /** Hears what is written from now on. */
  public StreamingClient(String bootstrapServers, Topics topics) {
    this.topics = topics;
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers, "acks", "all", "linger.ms", 0),
            new StringSerializer(),
            new StringSerializer());
    this.consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "enable.auto.commit", false),
            new StringDeserializer(),
            new StringDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topics.tokens()).stream()
            .map(p -> new TopicPartition(topics.tokens(), p.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
  }

  /** Produces a request in JSON; if that fails, no event will come. */
  public void send(String session, String request) {
    Future<RecordMetadata> _ =
        producer.send(new ProducerRecord<>(topics.requests(), session, request));
  }

  /**
   * Hears events in JSON until one satisfies {@code last}.
   *
   * @throws CommandFailure if that takes longer than {@code patience}
   */
  public void hear(Duration patience, Predicate<String> last) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < deadline) {
      boolean isLast = false;
      for (ConsumerRecord<String, String> event : consumer.poll(POLL)) {
        isLast |= last.test(event.value());
      }
      if (isLast) {
        return;
      }
    }
    throw new CommandFailure("the turns did not end within " + patience.toSeconds() + " s");
  }

  @Override
  public void close() {
    consumer.close();
    producer.close();
  }
}
