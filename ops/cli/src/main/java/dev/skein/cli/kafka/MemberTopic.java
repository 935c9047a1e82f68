package dev.skein.cli.kafka;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.cluster.MemberBoard;
import dev.skein.proto.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The board of nodes as the compacted topic {@code skein.members}: a record a node, {@code member
 * generation}, {@code joining 0} or {@code alone 0}, under its address, and one of the newest
 * founder, {@code address generation}, under {@code #founder}. The broker's clock stamps them, and
 * what counts as a moment ago is measured against the stamp of this node's own latest word, so that
 * no two clocks are compared.
 */
public final class MemberTopic implements MemberBoard {
  private static final TopicPartition PARTITION = new TopicPartition(Topics.MEMBERS, 0);
  private static final String FOUNDER = "#founder";
  private static final String FOUNDING_ID = "skein.founder";
  private static final long FRESH_MS = 5_000;
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long FOUND_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Properties client;
  private final String self;
  private final KafkaProducer<String, String> producer;
  private final KafkaConsumer<String, String> consumer;
  private final Map<String, ConsumerRecord<String, String>> latest = new HashMap<>();
  private long nowMs;

  private MemberTopic(Properties client, String self) {
    this.client = client;
    this.self = self;
    this.producer =
        new KafkaProducer<>(settings("acks", "all", "linger.ms", "0"), words(), words());
    this.consumer =
        new KafkaConsumer<>(
            settings(
                "isolation.level",
                "read_committed",
                "auto.offset.reset",
                "earliest",
                "enable.auto.commit",
                "false",
                "fetch.max.wait.ms",
                "100"),
            new StringDeserializer(),
            new StringDeserializer());
    consumer.assign(List.of(PARTITION));
    consumer.seekToBeginning(List.of(PARTITION));
  }

  /**
   * Makes the topic if it is absent, and opens it.
   *
   * @param self {@code host:port} of this node
   * @throws CommandFailure if Kafka does not let it
   */
  public static MemberTopic open(Properties client, short replication, String self) {
    try (Admin admin = Admin.create(client)) {
      NewTopic topic =
          new NewTopic(Topics.MEMBERS, 1, replication)
              .configs(
                  Map.of(
                      "cleanup.policy", "compact",
                      "message.timestamp.type", "LogAppendTime",
                      "segment.ms", "600000",
                      "min.insync.replicas", replication >= 3 ? "2" : "1"));
      admin.createTopics(List.of(topic)).all().get(ANSWER.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw new CommandFailure(
            "Kafka did not make the topic " + Topics.MEMBERS + ": " + e.getCause(), e);
      }
    } catch (TimeoutException e) {
      throw new CommandFailure("Kafka did not answer within " + ANSWER.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
    return new MemberTopic(client, self);
  }

  private Properties settings(String... more) {
    Properties settings = new Properties();
    settings.putAll(client);
    for (int i = 0; i < more.length; i += 2) {
      settings.setProperty(more[i], more[i + 1]);
    }
    return settings;
  }

  private static StringSerializer words() {
    return new StringSerializer();
  }

  @Override
  public View exchange(Standing standing, long generation) {
    nowMs = write(producer, self, word(standing) + " " + generation);
    read();
    List<Beat> nodes = new ArrayList<>();
    latest.forEach((key, record) -> {
      Beat beat = key.equals(FOUNDER) || key.equals(self) || !fresh(record) ? null : beat(record);
      if (beat != null) {
        nodes.add(beat);
      }
    });
    return new View(List.copyOf(nodes), founder());
  }

  private boolean fresh(ConsumerRecord<String, String> record) {
    return record.timestamp() >= nowMs - FRESH_MS;
  }

  private static String word(Standing standing) {
    return standing.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Beat beat(ConsumerRecord<String, String> record) {
    String[] words = words(record);
    return words == null
        ? null
        : new Beat(record.key(), standing(words[0]), Long.parseLong(words[1]));
  }

  private static Standing standing(String word) {
    return Arrays.stream(Standing.values())
        .filter(standing -> word(standing).equals(word))
        .findFirst()
        .orElse(Standing.ALONE);
  }

  private @Nullable Founder founder() {
    ConsumerRecord<String, String> record = latest.get(FOUNDER);
    String[] words = record == null ? null : words(record);
    if (record == null || words == null) {
      return null;
    }
    ConsumerRecord<String, String> alive = latest.get(words[0]);
    boolean heard = alive != null && !words[0].equals(self) && fresh(alive);
    return new Founder(words[0], Long.parseLong(words[1]), heard || fresh(record));
  }

  /** Null for what nobody of us wrote. */
  private static String @Nullable [] words(ConsumerRecord<String, String> record) {
    String[] words = record.value().split(" ", -1);
    return words.length == 2 && words[1].matches("[0-9]{1,18}") ? words : null;
  }

  @Override
  public @Nullable Founder found() {
    long began = System.nanoTime();
    try (KafkaProducer<String, String> founding =
        new KafkaProducer<>(
            settings("transactional.id", FOUNDING_ID, "transaction.timeout.ms", "10000"),
            words(),
            words())) {
      founding.initTransactions();
      nowMs = write(producer, self, word(Standing.JOINING) + " 0");
      read();
      Founder known = founder();
      if (known != null && known.fresh() && !known.address().equals(self)) {
        return known;
      }
      long generation = known == null ? 1 : known.generation() + 1;
      founding.beginTransaction();
      write(founding, FOUNDER, self + " " + generation);
      founding.commitTransaction();
      return System.nanoTime() - began < FOUND_WITHIN_NANOS
          ? new Founder(self, generation, true)
          : null;
    } catch (KafkaException | CommandFailure e) {
      return null; // another one was quicker
    }
  }

  private static long write(KafkaProducer<String, String> with, String key, @Nullable String word) {
    try {
      RecordMetadata at =
          with.send(new ProducerRecord<>(Topics.MEMBERS, 0, key, word))
              .get(ANSWER.toSeconds(), TimeUnit.SECONDS);
      return at.timestamp();
    } catch (ExecutionException | TimeoutException e) {
      throw new CommandFailure("Kafka did not take a word about this node: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  /** To what was the end when it began. */
  private void read() {
    long end = consumer.endOffsets(List.of(PARTITION)).getOrDefault(PARTITION, 0L);
    long deadline = System.nanoTime() + ANSWER.toNanos();
    while (consumer.position(PARTITION) < end && System.nanoTime() < deadline) {
      for (ConsumerRecord<String, String> record : consumer.poll(POLL)) {
        if (record.value() == null) {
          latest.remove(record.key());
        } else {
          latest.put(record.key(), record);
        }
      }
    }
  }

  @Override
  public void close() {
    try {
      write(producer, self, null);
    } finally {
      producer.close(Duration.ofSeconds(1));
      consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
  }
}
