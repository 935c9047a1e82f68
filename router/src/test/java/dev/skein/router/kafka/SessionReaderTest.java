package dev.skein.router.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.proto.Manifest;
import dev.skein.proto.Topics;
import dev.skein.router.RouterOptions;
import dev.skein.router.RouterRig;
import dev.skein.router.sessions.SessionTable;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A router that has just started, and more sessions than it reads in time. */
@ExtendWith(RouterRig.class)
class SessionReaderTest {
  private static final Topics TOPICS = new Topics("slow");
  private static final int SESSIONS = 40;

  @Test
  void whoAsksWhileTheTableIsReadIsAnsweredFromTheLog() throws Exception {
    makeSessions();
    try (SessionReader reader = new SessionReader(slow(), TOPICS)) {
      String last = "session-" + (SESSIONS - 1);
      SessionTable table = reader.known().toCompletableFuture().get(8, SECONDS);
      assertThat(table.find(last)).as("it was not read yet").isNull();
      assertThat(reader.manifest(last, null).toCompletableFuture().get(8, SECONDS))
          .isEqualTo(manifest(last));
      assertThat(reader.manifest("nobody", null).toCompletableFuture().get(8, SECONDS)).isNull();
      assertThatThrownBy(() -> reader.current().toCompletableFuture().get(20, SECONDS))
          .hasMessageContaining("skein.slow.manifests is still being read, up to ");
    }
  }

  /** A fetch brings one batch of a partition, and only after the longest wait. */
  private static RouterOptions slow() {
    Properties client = new Properties();
    client.put("max.partition.fetch.bytes", 1);
    client.put("fetch.min.bytes", 1 << 20);
    return RouterOptions.of(RouterRig.broker()).withClient(client);
  }

  private static void makeSessions() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", RouterRig.broker()))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(TOPICS.tokens(), 1, (short) 1),
                  new NewTopic(TOPICS.manifests(), 1, (short) 1)))
          .all()
          .get(20, SECONDS);
    }
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", RouterRig.broker()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < SESSIONS; i++) {
        String name = "session-" + i;
        producer
            .send(
                new ProducerRecord<>(
                    TOPICS.manifests(), name.getBytes(UTF_8), manifest(name).toByteArray()))
            .get(20, SECONDS);
      }
    }
  }

  private static Manifest manifest(String name) {
    return Manifest.newBuilder().setSession(name).setNextTurn(1).build();
  }
}
