package dev.skein.worker.kafka;

import dev.skein.proto.Control;
import dev.skein.proto.Request;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.worker.owner.RecordForwarder;
import dev.skein.worker.shard.RawRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Forwards misplaced records with an idempotent producer outside of any transaction: an open
 * transaction in {@code requests} would hold back another shard.
 */
public final class RequestForwarder implements RecordForwarder, AutoCloseable {

  private final Topics topics;
  private final KafkaProducer<byte[], byte[]> producer;

  /** Opens the producer. */
  public RequestForwarder(Topics topics, Properties client) {
    this.topics = topics;
    Properties settings = new Properties();
    settings.putAll(client);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, "0");
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  @Override
  public void forward(
      RawRecord raw, int from, int to, Runnable acknowledged, Consumer<Exception> failed) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topics.requests(), to, raw.key(), raw.value());
    raw.headers().forEach((name, value) -> record.headers().add(name, bytes(value)));
    if (!raw.headers().containsKey(Wire.ORIGIN)) {
      record.headers().add(Wire.ORIGIN, bytes(from + "/" + raw.offset()));
    }
    var ignored =
        producer.send(
            record,
            (metadata, failure) -> {
              if (failure == null) {
                acknowledged.run();
              } else {
                failed.accept(failure);
              }
            });
  }

  @Override
  public void tell(Request request, int to, Consumer<Exception> failed) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topics.requests(), to, bytes(request.getSession()), request.toByteArray());
    record.headers().add(Wire.CONTENT_TYPE, bytes(Wire.PROTOBUF));
    send(record, failed);
  }

  @Override
  public void tell(Control control, int to, Consumer<Exception> failed) {
    send(
        new ProducerRecord<>(
            topics.controls(), to, bytes(control.getSession()), control.toByteArray()),
        failed);
  }

  private void send(ProducerRecord<byte[], byte[]> record, Consumer<Exception> failed) {
    var ignored =
        producer.send(
            record,
            (metadata, failure) -> {
              if (failure != null) {
                failed.accept(failure);
              }
            });
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
