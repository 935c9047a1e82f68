package dev.skein.router;

import static dev.skein.router.ScriptedWorker.SHARDS;

import dev.skein.proto.Fingerprint;
import dev.skein.proto.ModelCard;
import dev.skein.proto.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** The topics of a scripted worker's pool, and the cards of its models. */
final class ScriptedPool {
  private ScriptedPool() {}

  static void prepare(Properties client, Topics topics, List<String> models) throws Exception {
    try (Admin admin = Admin.create(client);
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<NewTopic> missing = new ArrayList<>();
      topics.all().forEach(name -> missing.add(new NewTopic(name, SHARDS, (short) 1)));
      if (!admin.listTopics().names().get(20, TimeUnit.SECONDS).contains(Topics.MODELS)) {
        missing.add(
            new NewTopic(Topics.MODELS, 1, (short) 1).configs(Map.of("cleanup.policy", "compact")));
      }
      admin.createTopics(missing).all().get(20, TimeUnit.SECONDS);
      announce(producer, "gone", null);
      announce(producer, "elsewhere", card("other", "elsewhere"));
      for (String model : models) {
        announce(producer, topics.cardKey(model), card(topics.pool(), model));
      }
    }
  }

  private static ModelCard card(String pool, String model) {
    return ModelCard.newBuilder()
        .setName(model)
        .setPool(pool)
        .setShards(SHARDS)
        .setCreatedSeconds(1_700_000_000)
        .setFingerprint(fingerprint(model))
        .build();
  }

  static Fingerprint fingerprint(String model) {
    String digest = model.equals(ScriptedWorker.MODEL) ? "0123456789abcdef" : "of-" + model;
    return Fingerprint.newBuilder().setModel(digest).setArithmetic("int8-1").build();
  }

  private static void announce(
      KafkaProducer<byte[], byte[]> producer, String key, @Nullable ModelCard card)
      throws Exception {
    byte[] value = card == null ? null : card.toByteArray();
    producer
        .send(new ProducerRecord<>(Topics.MODELS, key.getBytes(StandardCharsets.UTF_8), value))
        .get(20, TimeUnit.SECONDS);
  }
}
