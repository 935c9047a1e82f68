package dev.skein.store.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.proto.Topics;
import dev.skein.store.StoreException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

class PoolTopicsTest {

  private static Config config(Admin admin, String topic) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    return admin.describeConfigs(List.of(resource)).all().get().getOrDefault(resource, none());
  }

  private static Config none() {
    return new Config(List.of());
  }

  private static String value(Admin admin, String topic, String name) throws Exception {
    return String.valueOf(config(admin, topic).get(name).value());
  }

  @Test
  void topicsHaveThePoliciesOfTheDesign() throws Exception {
    Topics topics = new Topics("policies");
    PoolTopics.ensure(TestBroker.clients(), topics, 3, (short) 1);
    try (Admin admin = Admin.create(TestBroker.clients())) {
      admin
          .describeTopics(topics.all())
          .allTopicNames()
          .get()
          .forEach((name, topic) -> assertThat(topic.partitions()).as(name).hasSize(3));
      admin
          .describeTopics(List.of(Topics.MODELS))
          .allTopicNames()
          .get()
          .forEach((name, topic) -> assertThat(topic.partitions()).as(name).hasSize(1));
      assertThat(value(admin, topics.requests(), "message.timestamp.type"))
          .isEqualTo("LogAppendTime");
      assertThat(value(admin, topics.requests(), "cleanup.policy")).isEqualTo("delete");
      assertThat(value(admin, topics.tokens(), "cleanup.policy")).isEqualTo("delete");
      assertThat(value(admin, topics.controls(), "retention.ms")).isEqualTo("3600000");
      for (String name : List.of(topics.states(), topics.manifests(), Topics.MODELS)) {
        assertThat(value(admin, name, "cleanup.policy")).isEqualTo("compact");
      }
      assertThat(value(admin, topics.states(), "segment.bytes")).isEqualTo("67108864");
      assertThat(value(admin, topics.states(), "min.cleanable.dirty.ratio")).isEqualTo("0.5");
      assertThat(value(admin, topics.states(), "delete.retention.ms")).isEqualTo("86400000");
      assertThat(value(admin, topics.states(), "min.insync.replicas")).isEqualTo("1");
    }
    PoolTopics.ensure(TestBroker.clients(), topics, 3, (short) 1);
  }

  @Test
  void anotherNumberOfShardsIsRefusedInASentence() throws Exception {
    Topics topics = new Topics("counted");
    PoolTopics.ensure(TestBroker.clients(), topics, 2, (short) 1);
    assertThatThrownBy(() -> PoolTopics.ensure(TestBroker.clients(), topics, 4, (short) 1))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("2 partitions")
        .hasMessageContaining("4 were asked for");
    assertThatThrownBy(() -> PoolTopics.ensure(TestBroker.clients(), topics, 257, (short) 1))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("256");
  }

  @Test
  void aStateTopicThatWouldBeDeletedByAgeIsRefused() throws Exception {
    Topics topics = new Topics("aged");
    try (Admin admin = Admin.create(TestBroker.clients())) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(topics.states(), 2, (short) 1)
                      .configs(Map.of("cleanup.policy", "delete"))))
          .all()
          .get();
    }
    assertThatThrownBy(() -> PoolTopics.ensure(TestBroker.clients(), topics, 2, (short) 1))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("skein.aged.states")
        .hasMessageContaining("cleanup.policy=delete");
  }

  @Test
  void severalProcessesMayMakeThePoolAtOnce() throws Exception {
    Topics topics = new Topics("together");
    Callable<Boolean> ensure =
        () -> {
          PoolTopics.ensure(TestBroker.clients(), topics, 2, (short) 1);
          return true;
        };
    try (ExecutorService processes = Executors.newFixedThreadPool(3)) {
      for (Future<Boolean> done : processes.invokeAll(List.of(ensure, ensure, ensure))) {
        assertThat(done.get()).isTrue();
      }
    }
  }

  @Test
  void moreCopiesThanBrokersIsASentence() {
    assertThatThrownBy(
            () -> PoolTopics.ensure(TestBroker.clients(), new Topics("many"), 1, (short) 3))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("skein.")
        .hasMessageContaining("replication factor");
  }

  @Test
  void oldBrokersAreRefused() throws Exception {
    PoolTopics.verifyTransactionVersion(2);
    assertThatThrownBy(() -> PoolTopics.verifyTransactionVersion(1))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("transaction.version 1")
        .hasMessageContaining("Kafka 4.0");
  }

  @Test
  void settingsThatAreNoClientsAreASentence() {
    Properties nonsense = new Properties();
    nonsense.setProperty("bootstrap.servers", "no port");
    assertThatThrownBy(() -> PoolTopics.ensure(nonsense, Topics.main(), 1, (short) 1))
        .isInstanceOf(StoreException.class)
        .hasMessageStartingWith("Kafka cannot be used");
  }
}
