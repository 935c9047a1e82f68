package dev.skein.router.kafka;

import dev.skein.proto.Await;
import dev.skein.proto.Cancel;
import dev.skein.proto.Control;
import dev.skein.proto.Shards;
import dev.skein.proto.Topics;
import dev.skein.proto.Wire;
import dev.skein.router.RouterException;
import dev.skein.router.RouterOptions;
import dev.skein.router.delivery.FailureCodes;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.delivery.TurnPublisher;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the requests and controls of one pool: one idempotent producer ({@code acks=all}, no
 * lingering), used by one thread, because a send may block while brokers are away. What waits for
 * that thread is bounded; at the bound a request is refused and a cancel dropped, which is allowed,
 * because cancels are repeated.
 *
 * <p>A session's request goes to the session's shard. A turn without a session goes to the shard of
 * its request's id, under no key.
 */
final class RequestPublisher implements TurnPublisher, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RequestPublisher.class);
  private static final int WAITING_MAX = 4_096;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final BlockingQueue<Runnable> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
  private final Producer<byte[], byte[]> producer;
  private final Topics topics;
  private final Thread thread;
  private volatile boolean closed;

  private RequestPublisher(Producer<byte[], byte[]> producer, Topics topics) {
    this.producer = producer;
    this.topics = topics;
    this.thread = Thread.ofPlatform().name("skein-requests").daemon().unstarted(this::run);
  }

  /**
   * Starts the producer and its thread; Kafka need not be there yet.
   *
   * @throws RouterException if the client's properties are wrong
   */
  static RequestPublisher start(RouterOptions options, Topics topics) throws RouterException {
    Properties config = new Properties();
    config.putAll(options.client());
    config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    config.put(ProducerConfig.CLIENT_ID_CONFIG, "skein-router-" + topics.pool());
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000);
    // A broker that stands still answers nothing: a client that asks again by way of this router
    // must be known before its turn is cancelled by the one it left.
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    // A request that is not in the log by then never gets there, so the 503 that follows is true.
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 25_000);
    config.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, Duration.ofDays(1).toMillis());
    try {
      Producer<byte[], byte[]> producer =
          new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
      RequestPublisher publisher = new RequestPublisher(producer, topics);
      publisher.thread.start();
      return publisher;
    } catch (KafkaException e) {
      throw new RouterException(KafkaFaults.sentence("write requests to", options, e), e);
    }
  }

  @Override
  public void publish(Turn turn, String pushAddress, Outcome outcome) {
    if (closed || !waiting.offer(() -> send(turn, pushAddress, outcome))) {
      outcome.failed(
          new StreamFailure(
              FailureCodes.TOO_MANY, "too many requests wait to be written to Kafka"));
    }
  }

  @Override
  public void cancel(String session, String requestId, int partition, String pushAddress) {
    Control.Builder cancel =
        Control.newBuilder()
            .setSession(session)
            .setRequestId(requestId)
            .setCancel(Cancel.newBuilder().setRouter(pushAddress));
    hint(cancel.build(), partition);
  }

  @Override
  public void await(Turn turn, String pushAddress) {
    Control.Builder await =
        Control.newBuilder()
            .setSession(turn.session())
            .setRequestId(turn.requestId())
            .setAwait(Await.newBuilder().setRouter(pushAddress));
    hint(await.build(), turn.shard(turn.shards()));
  }

  private void hint(Control control, int partition) {
    if (closed || !waiting.offer(() -> send(control, partition))) {
      LOG.debug("A control of {} found no room and was dropped", control.getRequestId());
    }
  }

  private void run() {
    while (!closed) {
      try {
        waiting.take().run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void send(Turn turn, String pushAddress, Outcome outcome) {
    try {
      int shards = shards(turn);
      int shard = turn.shard(shards);
      ProducerRecord<byte[], byte[]> record =
          new ProducerRecord<>(
              topics.requests(),
              shard,
              turn.ephemeral() ? null : utf8(turn.session()),
              turn.request().toByteArray(),
              List.of(header(Wire.CONTENT_TYPE, Wire.PROTOBUF), header(Wire.PUSH, pushAddress)));
      write(
          record,
          (metadata, error) -> {
            if (error == null) {
              outcome.published(shard);
            } else {
              outcome.failed(failure(error));
            }
          });
    } catch (KafkaException | IllegalStateException e) {
      outcome.failed(failure(e));
    }
  }

  private int shards(Turn turn) {
    int partitions = producer.partitionsFor(topics.requests()).size();
    if (turn.shards() > 0 && turn.shards() != partitions) {
      throw new KafkaException(
          "The topic "
              + topics.requests()
              + " has "
              + partitions
              + " partitions, and the pool's model "
              + turn.model()
              + " was announced for "
              + turn.shards()
              + " shards.");
    }
    return partitions;
  }

  private void send(Control control, int partition) {
    String session = control.getSession();
    try {
      int shard =
          partition >= 0
              ? partition
              : Shards.of(session, producer.partitionsFor(topics.controls()).size());
      byte @Nullable [] key = session.isEmpty() ? null : utf8(session);
      write(
          new ProducerRecord<>(
              topics.controls(),
              shard,
              key,
              control.toByteArray(),
              List.of(header(Wire.CONTENT_TYPE, Wire.PROTOBUF))),
          (metadata, error) -> {
            if (error != null) {
              LOG.debug("A control of {} was not written", control.getRequestId(), error);
            }
          });
    } catch (KafkaException | IllegalStateException e) {
      LOG.debug("A control of {} was not written", control.getRequestId(), e);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // The callback gets what the future would hold.
  private void write(ProducerRecord<byte[], byte[]> record, Callback done) {
    producer.send(record, done);
  }

  private static StreamFailure failure(Exception error) {
    if (error instanceof RecordTooLargeException) {
      return new StreamFailure(
          FailureCodes.TOO_LARGE, "the request is larger than Kafka takes as one record");
    }
    LOG.warn("A request was not written to Kafka: {}", error.toString());
    return new StreamFailure(FailureCodes.UNAVAILABLE, "the request could not be written to Kafka");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Header header(String name, String value) {
    return new RecordHeader(name, utf8(value));
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    producer.close(CLOSE_LIMIT);
  }
}
