package dev.skein.store.kafka;

import static org.apache.kafka.common.config.TopicConfig.CLEANUP_POLICY_COMPACT;
import static org.apache.kafka.common.config.TopicConfig.CLEANUP_POLICY_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.CLEANUP_POLICY_DELETE;
import static org.apache.kafka.common.config.TopicConfig.DELETE_RETENTION_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MAX_MESSAGE_BYTES_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.RETENTION_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.SEGMENT_BYTES_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.SEGMENT_MS_CONFIG;

import dev.skein.proto.Topics;
import dev.skein.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * The topics of a pool with their policies: what is deleted by age, what is compacted, whose clock
 * stamps the requests. Every process calls {@link #ensure} before it serves.
 */
public final class PoolTopics {

  /**
   * With an older one a deposed owner's late write could still be taken in (the hole that KIP-890
   * closed).
   */
  private static final short TRANSACTION_VERSION_MIN = 2;

  private static final String TRANSACTION_VERSION = "transaction.version";
  private static final long WEEK_MS = Duration.ofDays(7).toMillis();
  private static final long DAY_MS = Duration.ofDays(1).toMillis();
  private static final long HOUR_MS = Duration.ofHours(1).toMillis();
  private static final int SEGMENT_BYTES = 64 << 20;
  private static final int LARGE_RECORD_BYTES = 4 << 20;

  private PoolTopics() {}

  /**
   * Makes the pool's topics where they are absent, with the policies of the design, and verifies
   * those that exist. Several processes may do it at the same time.
   *
   * @param clientConfig properties of Kafka's clients: {@code bootstrap.servers} and security
   * @param replication copies of every partition; with 3 or more, two must be in sync for a write
   *     to count
   * @return the id of the topic of requests: another where the topics were made anew, or copied
   * @throws StoreException if a topic exists with another partition count or policy, or if the
   *     brokers are too old
   */
  public static String ensure(Properties clientConfig, Topics topics, int shards, short replication)
      throws StoreException {
    if (shards < 1 || shards > Topics.SHARDS_MAX) {
      throw new StoreException(
          "A pool has 1 to " + Topics.SHARDS_MAX + " shards, not " + shards + ".");
    }
    List<NewTopic> wanted = new ArrayList<>();
    policies(topics)
        .forEach((name, policy) ->
            wanted.add(
                new NewTopic(name, name.equals(Topics.MODELS) ? 1 : shards, replication)
                    .configs(withReplicas(policy, replication))));
    try (Admin admin = Admin.create(new ClientSettings(clientConfig).admin())) {
      verifyBrokers(admin);
      create(admin, wanted);
      verify(admin, wanted);
      return id(admin, topics);
    } catch (org.apache.kafka.common.KafkaException e) {
      throw new StoreException("Kafka cannot be used: " + e.getMessage(), e);
    }
  }

  /** The id of a pool's topic of requests. */
  static String id(Properties clientConfig, Topics topics) throws StoreException {
    try (Admin admin = Admin.create(new ClientSettings(clientConfig).admin())) {
      return id(admin, topics);
    } catch (org.apache.kafka.common.KafkaException e) {
      throw new StoreException("Kafka cannot be used: " + e.getMessage(), e);
    }
  }

  private static String id(Admin admin, Topics topics) throws StoreException {
    TopicDescription requests = described(admin, List.of(topics.requests())).get(topics.requests());
    if (requests == null) {
      throw new StoreException("Kafka says nothing of topic " + topics.requests() + ".");
    }
    return requests.topicId().toString();
  }

  private static Map<String, Map<String, String>> policies(Topics topics) {
    Map<String, Map<String, String>> policies = new TreeMap<>();
    Map<String, String> requests = deleted(WEEK_MS);
    // A client's clock must neither delete its records nor set its deadline.
    requests.put(MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    policies.put(topics.requests(), requests);
    Map<String, String> controls = deleted(HOUR_MS);
    controls.put(SEGMENT_MS_CONFIG, Long.toString(HOUR_MS / 4));
    policies.put(topics.controls(), controls);
    policies.put(topics.tokens(), large(deleted(WEEK_MS)));
    policies.put(topics.states(), large(compacted()));
    policies.put(topics.manifests(), large(compacted()));
    policies.put(topics.transcripts(), large(compacted()));
    policies.put(topics.imports(), large(deleted(DAY_MS)));
    policies.put(topics.deadLetters(), large(deleted(WEEK_MS)));
    policies.put(Topics.MODELS, compacted());
    return policies;
  }

  private static Map<String, String> deleted(long retentionMs) {
    Map<String, String> policy = new TreeMap<>();
    policy.put(CLEANUP_POLICY_CONFIG, CLEANUP_POLICY_DELETE);
    policy.put(RETENTION_MS_CONFIG, Long.toString(retentionMs));
    return policy;
  }

  private static Map<String, String> compacted() {
    Map<String, String> policy = new TreeMap<>();
    policy.put(CLEANUP_POLICY_CONFIG, CLEANUP_POLICY_COMPACT);
    policy.put(SEGMENT_BYTES_CONFIG, Integer.toString(SEGMENT_BYTES));
    policy.put(MIN_CLEANABLE_DIRTY_RATIO_CONFIG, "0.5");
    policy.put(DELETE_RETENTION_MS_CONFIG, Long.toString(DAY_MS));
    return policy;
  }

  /**
   * A manifest may carry the request of an unfinished turn, a dead letter headers beside the
   * record's full size.
   */
  private static Map<String, String> large(Map<String, String> policy) {
    policy.put(MAX_MESSAGE_BYTES_CONFIG, Integer.toString(LARGE_RECORD_BYTES));
    return policy;
  }

  private static Map<String, String> withReplicas(Map<String, String> policy, short replication) {
    policy.put(MIN_IN_SYNC_REPLICAS_CONFIG, replication >= 3 ? "2" : "1");
    return policy;
  }

  private static void verifyBrokers(Admin admin) throws StoreException {
    FinalizedVersionRange version =
        await("the brokers' features", admin.describeFeatures().featureMetadata())
            .finalizedFeatures()
            .get(TRANSACTION_VERSION);
    verifyTransactionVersion(version == null ? 0 : version.maxVersionLevel());
  }

  static void verifyTransactionVersion(int version) throws StoreException {
    if (version < TRANSACTION_VERSION_MIN) {
      throw new StoreException(
          "These Kafka brokers have "
              + TRANSACTION_VERSION
              + " "
              + version
              + ", but Skein needs "
              + TRANSACTION_VERSION_MIN
              + " or later (Kafka 4.0, or kafka-features.sh upgrade): with less a worker that lost its"
              + " shard could still write to it.");
    }
  }

  private static void create(Admin admin, Collection<NewTopic> wanted) throws StoreException {
    for (Map.Entry<String, KafkaFuture<Void>> made :
        admin.createTopics(wanted).values().entrySet()) {
      try {
        made.getValue().get(ClientSettings.ANSWER_MS_MAX, TimeUnit.MILLISECONDS);
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw unanswered("creating topic " + made.getKey(), e);
        }
      } catch (InterruptedException | TimeoutException e) {
        throw unanswered("creating topic " + made.getKey(), e);
      }
    }
  }

  private static void verify(Admin admin, List<NewTopic> wanted) throws StoreException {
    List<String> names = wanted.stream().map(NewTopic::name).toList();
    Map<String, TopicDescription> found = described(admin, names);
    List<ConfigResource> resources =
        names.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
    Map<ConfigResource, Config> configs =
        await("the topics' policies", admin.describeConfigs(resources).all());
    for (NewTopic topic : wanted) {
      TopicDescription is = found.get(topic.name());
      int partitions = is == null ? 0 : is.partitions().size();
      if (partitions != topic.numPartitions()) {
        throw new StoreException(
            "Topic "
                + topic.name()
                + " exists with "
                + partitions
                + " partitions, but "
                + topic.numPartitions()
                + " were asked for: the number of a pool's shards is fixed when it is made.");
      }
      Config config = configs.get(new ConfigResource(ConfigResource.Type.TOPIC, topic.name()));
      verifyPolicy(topic, config, CLEANUP_POLICY_CONFIG);
      verifyPolicy(topic, config, MESSAGE_TIMESTAMP_TYPE_CONFIG);
    }
  }

  /** A topic that was made a moment ago may not yet be known to the broker that is asked. */
  private static Map<String, TopicDescription> described(Admin admin, List<String> names)
      throws StoreException {
    long deadline = System.nanoTime() + Duration.ofMillis(ClientSettings.ANSWER_MS_MAX).toNanos();
    while (true) {
      try {
        return admin
            .describeTopics(names)
            .allTopicNames()
            .get(ClientSettings.ANSWER_MS_MAX, TimeUnit.MILLISECONDS);
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
            || System.nanoTime() > deadline) {
          throw unanswered("describing the topics", e);
        }
      } catch (InterruptedException | TimeoutException e) {
        throw unanswered("describing the topics", e);
      }
    }
  }

  private static void verifyPolicy(NewTopic topic, @Nullable Config config, String name)
      throws StoreException {
    String wanted = topic.configs().get(name);
    ConfigEntry entry = config == null ? null : config.get(name);
    if (wanted != null && entry != null && !wanted.equals(entry.value())) {
      throw new StoreException(
          "Topic "
              + topic.name()
              + " exists with "
              + name
              + "="
              + entry.value()
              + ", but Skein needs "
              + wanted
              + ".");
    }
  }

  private static <T> T await(String what, KafkaFuture<T> answer) throws StoreException {
    try {
      return answer.get(ClientSettings.ANSWER_MS_MAX, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | InterruptedException | TimeoutException e) {
      throw unanswered("asking for " + what, e);
    }
  }

  private static StoreException unanswered(String what, Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
    String said = cause.getMessage();
    return new StoreException(
        "Kafka failed at " + what + (said == null ? "." : ": " + said), cause);
  }
}
