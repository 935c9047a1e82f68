package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.cli.kafka.LoopbackPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * All topics are copied record by record to another cluster, while one turn is in its middle: every
 * session goes on there as it goes on where it was, token for token.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class CopiedClusterTest {
  private static final String TOKENS = "skein.main.tokens";
  private static final String REQUESTS = "skein.main.requests";
  private static final int SESSIONS = 24;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path folder;

  @Test
  void everySessionGoesOnThere() throws Exception {
    try (Site here = new Site(folder, "here");
        Site there = new Site(folder, "there")) {
      here.startWorker();
      for (int turn = 0; turn < 2; turn++) {
        ask(here, turn);
        int asked = turn + 1;
        here.await(turns -> all(turns, asked));
      }
      here.request("long", "{\"prompt\":\"Once\",\"max_tokens\":150,\"ignore_end_of_text\":true}");
      here.await(turns -> turns.getOrDefault("long/0", Turn.NONE).tokens().size() > 20);
      assertThat(here.worker.stop()).as(here.worker.errors()).isZero();
      long records = copy(here, there);
      List<Map<String, Turn>> ends = new ArrayList<>();
      for (Site site : List.of(there, here)) {
        site.startWorker();
        ask(site, 2);
        site.request("young", "{\"prompt\":\"The king\",\"max_tokens\":8}");
        ends.add(
            site.await(
                turns -> all(turns, 3) && isDone(turns, "long/0") && isDone(turns, "young/0")));
        assertThat(site.worker.stop()).isZero();
      }
      System.out.printf("%d records copied, %d turns compared%n", records, ends.get(1).size());
      assertThat(ends.getFirst()).isEqualTo(ends.get(1)).hasSize(3 * SESSIONS + 2);
    }
  }

  private static long copy(Site from, Site to) throws InterruptedException {
    try {
      return new TopicCopy(from.kafka, to.kafka).run("skein.");
    } catch (ExecutionException e) {
      throw new AssertionError(e + ": " + to.broker.condition() + from.broker.condition(), e);
    }
  }

  /** A long and a short session in turn; every second request is sampled without a seed. */
  private static void ask(Site site, int turn) throws Exception {
    for (int i = 0; i < SESSIONS; i++) {
      String ids =
          new Random(31L * i + turn)
              .ints(i % 2 == 0 ? 300 : 5, 300, 3_000)
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(","));
      String how = i % 4 < 2 ? ",\"temperature\":1" : ",\"temperature\":1,\"seed\":7";
      site.request("session-" + i, "{\"tokens\":[" + ids + "],\"max_tokens\":6" + how + "}");
    }
  }

  private static boolean all(Map<String, Turn> turns, int count) {
    return turns.entrySet().stream()
            .filter(turn -> turn.getKey().startsWith("session-") && turn.getValue().done())
            .count()
        >= (long) count * SESSIONS;
  }

  private static boolean isDone(Map<String, Turn> turns, String turn) {
    return turns.getOrDefault(turn, Turn.NONE).done();
  }

  /** A turn as committed readers see it. */
  private record Turn(List<Integer> tokens, boolean done) {
    static final Turn NONE = new Turn(List.of(), false);
  }

  /** A broker, and a worker that comes and goes. */
  private static final class Site implements AutoCloseable {
    private final Path folder;
    private final String kafka = "127.0.0.1:" + LoopbackPort.free();
    private final Node broker;
    private Node worker;

    Site(Path folder, String name) {
      this.folder = folder;
      String data = folder.resolve(name).toString();
      broker =
          Node.start(folder, name, "-Xmx256m", List.of("broker", "--bind", kafka, "--data", data));
      broker.awaitReady();
      worker = broker;
    }

    void startWorker() {
      List<String> arguments =
          List.of("worker", "--kafka", kafka, "--threads", "1", "--steps-per-second", "40");
      worker = Node.start(folder, "worker", "-Xmx256m", arguments).awaitReady();
    }

    void request(String session, String value) throws Exception {
      try (KafkaProducer<byte[], byte[]> producer =
          new KafkaProducer<>(
              Map.of("bootstrap.servers", kafka, "acks", "all"),
              new ByteArraySerializer(),
              new ByteArraySerializer())) {
        producer.send(new ProducerRecord<>(REQUESTS, utf8(session), utf8(value))).get();
      }
    }

    private static byte[] utf8(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Reads the tokens from their beginning until something is so. */
    Map<String, Turn> await(Predicate<Map<String, Turn>> condition) {
      Map<String, Turn> turns = new HashMap<>();
      try (KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(
              Map.of(
                  "bootstrap.servers",
                  kafka,
                  "isolation.level",
                  "read_committed",
                  "enable.auto.commit",
                  false),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer())) {
        List<TopicPartition> partitions =
            consumer.partitionsFor(TOKENS).stream()
                .map(p -> new TopicPartition(TOKENS, p.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.test(turns)) {
          assertThat(System.nanoTime()).as("%s", turns).isLessThan(deadline);
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
            take(turns, record);
          }
        }
      }
      return turns;
    }

    private static void take(Map<String, Turn> turns, ConsumerRecord<byte[], byte[]> record) {
      try {
        JsonNode event = Piece.JSON.readTree(record.value());
        String name = event.path("session").asText() + "/" + event.path("turn").asInt();
        Turn before = turns.getOrDefault(name, Turn.NONE);
        List<Integer> tokens = new ArrayList<>(before.tokens());
        if (event.has("token")) {
          assertThat(event.path("index").asInt()).as("%s", event).isEqualTo(tokens.size());
          tokens.add(event.path("token").asInt());
        }
        assertThat(before.done()).as("%s", event).isFalse();
        assertThat(event.has("error")).as("%s", event).isFalse();
        turns.put(name, new Turn(tokens, event.path("done").asBoolean()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      worker.close();
      broker.close();
    }
  }
}
