package dev.skein.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pipeline leaves a transaction open in the requests of a shard: that is measured and said, and
 * the shard goes on when Kafka has ended the transaction.
 */
@Timeout(180)
class OpenTransactionTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String SESSION = "behind-a-pipeline";
  private static final String HUNG = "never-committed";
  private static final String TURN =
      "{\"prompt\":\"Once upon a time\",\"max_tokens\":3,\"seed\":1}";

  /** Time for three looks, ten seconds apart. */
  private static final int TRANSACTION_MS = 30_000;

  @TempDir Path folder;

  @Test
  void itsShardWaitsAndSaysSoAndGoesOn() throws Exception {
    try (UpProcess up = UpProcess.start(folder);
        Bus bus = new Bus(up)) {
      int partition = bus.request(SESSION, TURN).partition();
      assertThat(bus.eventsUntilEndOf(SESSION, 0, PATIENCE)).isNotEmpty();
      try (KafkaProducer<byte[], byte[]> pipeline = pipeline(up)) {
        pipeline.initTransactions();
        pipeline.beginTransaction();
        Future<RecordMetadata> written =
            pipeline.send(
                new ProducerRecord<>(Bus.REQUESTS, partition, HUNG.getBytes(UTF_8), named("hung")));
        pipeline.flush();
        assertThat(written.get().offset()).isPositive();
        bus.request(SESSION, TURN);
        await().atMost(40, SECONDS).until(() -> up.metric("skein_requests_lso_lag") == 2);
        await()
            .atMost(20, SECONDS)
            .until(() -> log().contains("transaction that a producer has left open"));
        assertThat(bus.eventsUntilEndOf(SESSION, 1, PATIENCE)).isNotEmpty();
      }
      await().atMost(30, SECONDS).until(() -> up.metric("skein_requests_lso_lag") == 0);
      assertThat(up.metric("skein_requests_lag")).isZero();
      assertThat(log()).contains("the transaction is over");
      bus.request(HUNG, new String(named("later"), UTF_8));
      assertThat(bus.eventsUntilEndOf(HUNG, 0, PATIENCE))
          .as("what was never committed is not run")
          .extracting(event -> event.path("request_id").asText())
          .containsOnly("later");
    }
  }

  private static byte[] named(String requestId) {
    return TURN.replace("{", "{\"request_id\":\"" + requestId + "\",").getBytes(UTF_8);
  }

  private static KafkaProducer<byte[], byte[]> pipeline(UpProcess up) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            up.kafka(),
            "transactional.id",
            "a-pipeline",
            "transaction.timeout.ms",
            TRANSACTION_MS),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("logs/skein.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
