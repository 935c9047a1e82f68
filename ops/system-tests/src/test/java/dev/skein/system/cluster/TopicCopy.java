package dev.skein.system.cluster;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Copies topics of one cluster to another as any mirroring tool does: partitions and policies, then
 * committed records with keys, values, headers and times. Offsets come out as they do.
 */
record TopicCopy(String from, String to) {

  /** Copies the topics whose names begin so; says how many records. */
  long run(String prefix) throws ExecutionException, InterruptedException {
    long records = 0;
    try (Admin source = Admin.create(Map.of("bootstrap.servers", from));
        Admin target = Admin.create(Map.of("bootstrap.servers", to))) {
      List<String> names =
          source.listTopics().names().get().stream().filter(n -> n.startsWith(prefix)).toList();
      List<NewTopic> made = new ArrayList<>();
      for (TopicDescription topic : source.describeTopics(names).allTopicNames().get().values()) {
        NewTopic copy = new NewTopic(topic.name(), topic.partitions().size(), (short) 1);
        made.add(copy.configs(policy(source, topic.name())));
      }
      target.createTopics(made).all().get();
      for (NewTopic topic : made) {
        for (int partition = 0; partition < topic.numPartitions(); partition++) {
          records += copy(new TopicPartition(topic.name(), partition));
        }
      }
    }
    return records;
  }

  private static Map<String, String> policy(Admin source, String topic)
      throws ExecutionException, InterruptedException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config config =
        requireNonNull(source.describeConfigs(List.of(resource)).all().get().get(resource));
    Map<String, String> policy = new HashMap<>();
    config.entries().stream()
        .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
        .forEach(entry -> policy.put(entry.name(), entry.value()));
    return policy;
  }

  private long copy(TopicPartition partition) throws ExecutionException, InterruptedException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                Map.of(
                    "bootstrap.servers",
                    from,
                    "isolation.level",
                    "read_committed",
                    "enable.auto.commit",
                    false,
                    "fetch.max.wait.ms",
                    20),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", to, "acks", "all", "max.request.size", 8 << 20),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          sent.add(
              producer.send(
                  new ProducerRecord<>(
                      record.topic(),
                      record.partition(),
                      record.timestamp(),
                      record.key(),
                      record.value(),
                      record.headers())));
        }
      }
      for (Future<RecordMetadata> record : sent) {
        record.get();
      }
    }
    return sent.size();
  }
}
