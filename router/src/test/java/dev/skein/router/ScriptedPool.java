package dev.skein.router;

import dev.skein.proto.Fingerprint;
import dev.skein.proto.ModelCard;
import dev.skein.proto.Topics;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topics of the scripted worker's pool, and the card of its model. */
final class ScriptedPool {
  private ScriptedPool() {}

  static void prepare(Properties client, Topics topics) throws Exception {
    try (Admin admin = Admin.create(client);
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(topics.requests(), ScriptedWorker.SHARDS, (short) 1),
                  new NewTopic(topics.controls(), ScriptedWorker.SHARDS, (short) 1),
                  new NewTopic(topics.tokens(), ScriptedWorker.SHARDS, (short) 1),
                  new NewTopic(topics.manifests(), ScriptedWorker.SHARDS, (short) 1),
                  new NewTopic(topics.states(), ScriptedWorker.SHARDS, (short) 1),
                  new NewTopic(topics.transcripts(), ScriptedWorker.SHARDS, (short) 1),
                  new NewTopic(topics.imports(), ScriptedWorker.SHARDS, (short) 1),
                  new NewTopic(Topics.MODELS, 1, (short) 1)
                      .configs(Map.of("cleanup.policy", "compact"))))
          .all()
          .get(20, TimeUnit.SECONDS);
      ModelCard card =
          ModelCard.newBuilder()
              .setName(ScriptedWorker.MODEL)
              .setPool("main")
              .setShards(ScriptedWorker.SHARDS)
              .setCreatedSeconds(1_700_000_000)
              .setFingerprint(
                  Fingerprint.newBuilder().setModel("0123456789abcdef").setArithmetic("int8-1"))
              .build();
      for (String name : List.of(ScriptedWorker.MODEL, "gone", "elsewhere")) {
        byte[] value =
            switch (name) {
              case "gone" -> null;
              case "elsewhere" ->
                  card.toBuilder().setName(name).setPool("other").build().toByteArray();
              default -> card.toByteArray();
            };
        producer
            .send(new ProducerRecord<>(Topics.MODELS, name.getBytes(StandardCharsets.UTF_8), value))
            .get(20, TimeUnit.SECONDS);
      }
    }
  }
}
