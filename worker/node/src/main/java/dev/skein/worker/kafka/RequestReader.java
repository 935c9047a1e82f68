package dev.skein.worker.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.Control;
import dev.skein.proto.RequestNumbers;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.worker.owner.RequestLog;
import dev.skein.worker.shard.RawRecord;
import dev.skein.worker.shard.ShardEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads {@code requests} and {@code controls} for all shards of this worker with one consumer on
 * one thread: partitions are assigned, never subscribed, and positions come from the shard records,
 * never from a group.
 *
 * <p>A fetch waits on the broker until there is something to read, so an idle reader costs next to
 * nothing. A partition that is added would have to wait for that fetch to return: so the reader
 * goes on with a new consumer then, and leaves the old one and its fetch behind.
 */
public final class RequestReader implements RequestLog, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RequestReader.class);

  /** A broker that stands still answers nothing; others lead its partitions soon. */
  private static final int ANSWER_MS_MAX = 5_000;

  /** An idle broker answers in time. */
  private static final int FETCH_WAIT_MS = ANSWER_MS_MAX - 1_000;

  private static final long BURST_MS = 20;
  private static final Duration POLL = Duration.ofSeconds(60);
  private static final Duration POLL_WHILE_STALLED = Duration.ofMillis(20);
  private static final Set<String> HEADERS = Set.of(Wire.CONTENT_TYPE, Wire.PUSH, Wire.ORIGIN);

  private final Topics topics;
  private final Properties settings = new Properties();
  private final Thread thread;
  private final LinkedBlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
  private volatile KafkaConsumer<byte[], byte[]> consumer;
  private volatile boolean closed;

  // Of the reader's thread. The next offset of a partition; -1: the start of its log.
  private final Map<TopicPartition, Long> positions = new HashMap<>();
  private final Map<TopicPartition, Sink> sinks = new HashMap<>();
  private final Map<TopicPartition, RequestNumbers> numbers = new HashMap<>();
  private final HeldControls held;
  private final Map<Integer, Long> reached = new ConcurrentHashMap<>();
  private boolean outgrown;
  private final Set<TopicPartition> paused = new HashSet<>();
  private final Set<TopicPartition> stalled = new HashSet<>();

  /**
   * Starts the thread.
   *
   * @param client bootstrap servers and security, as for any Kafka client
   */
  public RequestReader(Topics topics, Properties client) {
    this.topics = topics;
    settings.putAll(client);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MS_MAX);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS);
    settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, "1");
    this.held = new HeldControls(this::newConsumer);
    this.consumer = newConsumer();
    this.thread = Thread.ofPlatform().name("request-reader").daemon(true).start(this::run);
  }

  @Override
  public void open(int shard, Start start, Sink sink) {
    command(() -> {
      sinks.put(requests(shard), sink);
      sinks.put(controls(shard), sink);
      numbers.put(requests(shard), start.numbers());
      long requestsFrom = start.numbers().offset(start.requestsFrom());
      positions.put(requests(shard), start.fresh() ? -1 : requestsFrom);
      positions.put(controls(shard), start.fresh() ? -1 : start.controlsFrom());
      outgrown = true;
    });
  }

  @Override
  public void pause(int shard, boolean isPaused) {
    command(() -> {
      TopicPartition partition = requests(shard);
      if (isPaused) {
        paused.add(partition);
      } else {
        paused.remove(partition);
      }
      applyPause(partition);
    });
  }

  @Override
  public void close(int shard, Sink sink) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    command(() -> {
      end(shard, sink);
      done.complete(true);
    });
    if (thread.isAlive() && !done.completeOnTimeout(false, 10, TimeUnit.SECONDS).join()) {
      LOG.warn("shard {}: the reader did not let go of it in time", shard);
    }
  }

  @Override
  public void close() {
    command(() -> closed = true);
    try {
      thread.join(Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Next offset of the requests of each shard that is read here. Any thread. */
  public Map<Integer, Long> reached() {
    return Map.copyOf(reached);
  }

  private void command(Runnable command) {
    commands.add(command);
    consumer.wakeup();
  }

  private void run() {
    try {
      while (!closed) {
        if (sinks.isEmpty()) {
          idle();
        } else {
          retryStalled();
          poll();
        }
        obey();
        while (outgrown && !closed) {
          renew();
          obey();
        }
      }
    } catch (RuntimeException e) {
      LOG.error("the request reader ended", e);
    } finally {
      closed = true;
      sinks.clear();
      consumer.close(CloseOptions.timeout(Duration.ZERO));
      held.close();
    }
  }

  private KafkaConsumer<byte[], byte[]> newConsumer() {
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private void renew() {
    outgrown = false;
    KafkaConsumer<byte[], byte[]> old = consumer;
    consumer = newConsumer();
    old.close(CloseOptions.timeout(Duration.ZERO));
    consumer.assign(new ArrayList<>(sinks.keySet()));
    positions.forEach((partition, offset) -> {
      if (offset < 0) {
        consumer.seekToBeginning(List.of(partition));
      } else {
        consumer.seek(partition, offset);
      }
    });
    sinks.keySet().forEach(this::applyPause);
  }

  /** Commands come in bursts: those that come together cost one consumer, not several. */
  private void obey() {
    try {
      Runnable command = commands.poll();
      while (command != null) {
        command.run();
        command = commands.poll(BURST_MS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      closed = true;
      Thread.currentThread().interrupt();
    }
  }

  private void poll() {
    try {
      Duration wait = stalled.isEmpty() ? POLL : POLL_WHILE_STALLED;
      ConsumerRecords<byte[], byte[]> records = consumer.poll(wait);
      for (TopicPartition partition : records.partitions()) {
        deliver(partition, records.records(partition));
      }
      held.askEnds();
      held.waiting().forEach(this::release);
      numbers.keySet().forEach(this::reach);
    } catch (OffsetOutOfRangeException e) {
      skipToStart(e.offsetOutOfRangePartitions());
    } catch (WakeupException e) {
      LOG.trace("called");
    } catch (KafkaException e) {
      LOG.warn("reading requests: {}", e.getMessage());
    }
  }

  /** Nothing is assigned, and a poll would refuse that: waits for a command. */
  private void idle() {
    try {
      commands.take().run();
    } catch (InterruptedException e) {
      closed = true;
      Thread.currentThread().interrupt();
    }
  }

  private void deliver(TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records) {
    Sink sink = sinks.get(partition);
    if (sink == null) {
      return;
    }
    for (ConsumerRecord<byte[], byte[]> record : records) {
      ShardEvent event = event(partition, record);
      if (event != null && HeldControls.isMeant(event)) {
        held.hold(requests(partition.partition()), event);
      } else if (event != null && !sink.offer(event)) {
        consumer.seek(partition, record.offset());
        positions.put(partition, record.offset());
        stalled.add(partition);
        applyPause(partition);
        return;
      }
      positions.put(partition, record.offset() + 1);
    }
  }

  /** Behind the ends of transactions too, which are no records. */
  private void reach(TopicPartition requests) {
    try {
      reached.put(requests.partition(), consumer.position(requests, Duration.ZERO));
    } catch (TimeoutException e) {
      LOG.trace("{}: not known now", requests);
    }
  }

  /** A hint that its shard has no room for is dropped: routers say it again. */
  private void release(TopicPartition partition) {
    Sink sink = sinks.get(partition);
    if (sink != null) {
      held.release(partition, consumer.position(partition)).forEach(sink::offer);
    }
  }

  private @Nullable ShardEvent event(
      TopicPartition partition, ConsumerRecord<byte[], byte[]> record) {
    RequestNumbers known = numbers.get(partition);
    if (known != null) {
      return new ShardEvent.RequestRead(
          new RawRecord(
              known.number(record.offset()),
              record.key(),
              record.value(),
              headers(record),
              record.timestamp()));
    }
    try {
      byte[] value = record.value();
      return value == null
          ? null
          : new ShardEvent.ControlRead(record.offset(), Control.parseFrom(value));
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("{} offset {}: not a control record", partition, record.offset());
      return null;
    }
  }

  private static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> known = new HashMap<>();
    for (Header header : record.headers()) {
      if (HEADERS.contains(header.key()) && header.value() != null) {
        known.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
      }
    }
    return known;
  }

  @SuppressWarnings("ReferenceEquality") // the sink is its owner's name
  private void end(int shard, Sink sink) {
    if (sinks.get(requests(shard)) != sink) {
      return;
    }
    reached.remove(shard);
    for (TopicPartition partition : List.of(requests(shard), controls(shard))) {
      sinks.remove(partition);
      positions.remove(partition);
      numbers.remove(partition);
      paused.remove(partition);
      stalled.remove(partition);
      held.drop(partition);
    }
    consumer.assign(new ArrayList<>(sinks.keySet()));
  }

  /** The log was cut while nobody read: said aloud, never jumped over in silence. */
  private void skipToStart(Map<TopicPartition, Long> wanted) {
    try {
      Map<TopicPartition, Long> starts = consumer.beginningOffsets(wanted.keySet());
      wanted.forEach((partition, offset) ->
          skipToStart(partition, offset, starts.getOrDefault(partition, offset)));
    } catch (WakeupException e) {
      LOG.trace("called; the next poll says it again");
    }
  }

  private void skipToStart(TopicPartition partition, long wanted, long start) {
    Sink sink = sinks.get(partition);
    if (sink != null && partition.topic().equals(topics.requests()) && start > wanted) {
      sink.missing(wanted, start);
    }
    consumer.seek(partition, start);
    positions.put(partition, start);
  }

  private void retryStalled() {
    List<TopicPartition> again = List.copyOf(stalled);
    stalled.clear();
    again.forEach(this::applyPause);
  }

  private void applyPause(TopicPartition partition) {
    if (!consumer.assignment().contains(partition)) {
      return;
    }
    if (paused.contains(partition) || stalled.contains(partition)) {
      consumer.pause(List.of(partition));
    } else {
      consumer.resume(List.of(partition));
    }
  }

  private TopicPartition requests(int shard) {
    return new TopicPartition(topics.requests(), shard);
  }

  private TopicPartition controls(int shard) {
    return new TopicPartition(topics.controls(), shard);
  }
}
