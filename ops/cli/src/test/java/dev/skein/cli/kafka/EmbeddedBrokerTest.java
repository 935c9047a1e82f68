package dev.skein.cli.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.CommandFailure;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest {
  @TempDir Path folder;

  @Test
  void keepsItsLogAndItsClusterIdOverARestart() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(folder, 0)) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
        admin.createTopics(List.of(new NewTopic("t", 4, (short) 1))).all().get();
      }
      Map<String, Object> config =
          Map.of("bootstrap.servers", broker.address(), "transactional.id", "x", "acks", "all");
      try (var producer =
          new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("t", 2, "k", "v")).get();
        producer.commitTransaction();
      }
    }
    String id = EmbeddedBroker.clusterId(folder);

    try (EmbeddedBroker broker = EmbeddedBroker.start(folder, 0);
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
      assertThat(admin.describeCluster().clusterId().get()).isEqualTo(id);
      assertThat(admin.listTopics().names().get()).contains("t");
    }
  }

  /** The names are Kafka's: another version may call these threads otherwise. */
  @Test
  void stopsTheThreadsThatWatchForNothing() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(folder, 0)) {
      List<Thread> needless =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> EmbeddedBroker.NEEDLESS.contains(thread.getName()))
              .toList();
      assertThat(needless).extracting(Thread::getName).containsAll(EmbeddedBroker.NEEDLESS);
      broker.stopNeedlessClocks();
      for (Thread thread : needless) {
        assertThat(thread.join(Duration.ofSeconds(10))).as(thread.getName()).isTrue();
      }
    }
  }

  @Test
  void namesTheTakenPort() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> EmbeddedBroker.start(folder, taken.getLocalPort()))
          .isInstanceOf(CommandFailure.class)
          .hasMessageContaining("port " + taken.getLocalPort() + " for Kafka is taken")
          .hasMessageContaining("--kafka-port");
    }
  }

  @Test
  void givesADataFolderToOneAtATime() {
    try (DataFolder held = DataFolder.take(folder)) {
      assertThat(held.kafka()).isEqualTo(folder.resolve("kafka"));
      assertThatThrownBy(() -> DataFolder.take(folder))
          .isInstanceOf(CommandFailure.class)
          .hasMessageContaining("another skein process");
    }
    DataFolder.take(folder).close();
  }
}
