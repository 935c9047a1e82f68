package dev.skein.worker.kafka;

import dev.skein.proto.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says how far the requests of the shards that are owned here are from being read: {@code
 * skein_requests_lag} counts what their owners have not come to, {@code skein_requests_lso_lag}
 * what nobody may read yet, because it lies at or behind a transaction that is still open. A
 * producer that leaves one open holds up its shard until Kafka ends it; after two looks the log
 * names it.
 */
public final class RequestLag implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RequestLag.class);
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final int ANSWER_MS_MAX = 5_000;

  /**
   * What may not be read yet.
   *
   * @param isTold it was so at two looks, and the log says it
   */
  private record Held(long from, boolean isTold) {}

  private final Topics topics;
  private final Properties settings = new Properties();
  private final Supplier<Map<Integer, Long>> reached;
  private final Map<Integer, Held> held = new HashMap<>();
  private final Thread thread;
  private volatile long lag;
  private volatile long lsoLag;
  private volatile boolean closed;

  /**
   * Starts the thread.
   *
   * @param client bootstrap servers and security, as for any Kafka client
   * @param reached next offset of the requests of each shard that is read here
   */
  public RequestLag(
      Topics topics,
      Properties client,
      Supplier<Map<Integer, Long>> reached,
      MeterRegistry registry) {
    this.topics = topics;
    this.reached = reached;
    settings.putAll(client);
    settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MS_MAX);
    settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MS_MAX);
    Tags pool = Tags.of("pool", topics.pool());
    registry.gauge("skein_requests_lag", pool, this, RequestLag::lag);
    registry.gauge("skein_requests_lso_lag", pool, this, RequestLag::lsoLag);
    thread = Thread.ofPlatform().name("request-lag").daemon(true).start(this::run);
  }

  private double lag() {
    return lag;
  }

  private double lsoLag() {
    return lsoLag;
  }

  private void run() {
    try (Admin admin = Admin.create(settings)) {
      long due = System.nanoTime();
      while (!closed) {
        due += EVERY.toNanos();
        while (!closed && due - System.nanoTime() > 0) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        if (!closed) {
          look(admin);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(Admin admin) throws InterruptedException {
    Map<Integer, Long> read = reached.get();
    try {
      Map<Integer, Long> ends = ends(admin, read, IsolationLevel.READ_UNCOMMITTED);
      Map<Integer, Long> stable = ends(admin, read, IsolationLevel.READ_COMMITTED);
      held.keySet().retainAll(read.keySet());
      lag = distance(read, stable);
      lsoLag = distance(stable, ends);
      stable.forEach((shard, offset) -> check(shard, offset, ends.getOrDefault(shard, offset)));
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("the ends of {} are not known", topics.requests(), e);
    }
  }

  private static long distance(Map<Integer, Long> from, Map<Integer, Long> to) {
    return from.entrySet().stream()
        .mapToLong(one -> Math.max(0, to.getOrDefault(one.getKey(), 0L) - one.getValue()))
        .sum();
  }

  private Map<Integer, Long> ends(Admin admin, Map<Integer, Long> shards, IsolationLevel isolation)
      throws InterruptedException, ExecutionException, TimeoutException {
    Map<TopicPartition, OffsetSpec> asked =
        shards.keySet().stream()
            .map(shard -> new TopicPartition(topics.requests(), shard))
            .collect(Collectors.toMap(Function.identity(), one -> OffsetSpec.latest()));
    Map<Integer, Long> ends = new HashMap<>();
    admin
        .listOffsets(asked, new ListOffsetsOptions(isolation))
        .all()
        .get(ANSWER_MS_MAX, TimeUnit.MILLISECONDS)
        .forEach((partition, end) -> ends.put(partition.partition(), end.offset()));
    return ends;
  }

  /** Transactions come and go: one that is there at two looks was left open. */
  private void check(int shard, long stable, long end) {
    Held before = held.remove(shard);
    if (end <= stable) {
      if (before != null && before.isTold()) {
        LOG.info("shard {}: the transaction is over, requests are read again", shard);
      }
      return;
    }
    if (before == null || before.from() != stable) {
      held.put(shard, new Held(stable, false));
      return;
    }
    held.put(shard, new Held(stable, true));
    if (!before.isTold()) {
      LOG.warn(
          "shard {}: {} offsets of {} from {} on wait for a transaction that a producer has left"
              + " open; they are read when it ends, which Kafka sees to after its timeout",
          shard,
          end - stable,
          topics.requests(),
          stable);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
