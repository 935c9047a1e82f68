package dev.skein.worker.kafka;

import dev.skein.proto.ModelCard;
import dev.skein.proto.Topics;
import dev.skein.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Tells routers, through the compacted topic of models, which models a pool serves. */
public final class ModelAnnouncer {

  private ModelAnnouncer() {}

  /** Writes one card a model and waits until Kafka has them. */
  public static void announce(Properties client, List<ModelCard> cards) throws StoreException {
    Properties settings = new Properties();
    settings.putAll(client);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    try (var producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (ModelCard card : cards) {
        String key = new Topics(card.getPool()).cardKey(card.getName());
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    Topics.MODELS, key.getBytes(StandardCharsets.UTF_8), card.toByteArray())));
      }
      for (Future<RecordMetadata> one : sent) {
        one.get(30, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("interrupted while announcing models", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new StoreException("Kafka did not take the announcement of models", e);
    }
  }
}
