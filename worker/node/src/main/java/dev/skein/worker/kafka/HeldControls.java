package dev.skein.worker.kafka;

import dev.skein.proto.Control;
import dev.skein.worker.shard.ShardEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What routers say of their clients' coming and leaving, held back until every request is read that
 * was in the log when it came: a client that left one router may have asked another for its turn,
 * and that request must be known before the first router's cancel is. Of one thread.
 */
final class HeldControls {

  private static final Logger LOG = LoggerFactory.getLogger(HeldControls.class);
  private static final int HELD_MAX = 4_096;
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private record Held(TopicPartition requests, long end, ShardEvent.ControlRead event) {}

  private final Properties settings;
  private final List<Held> held = new ArrayList<>();

  /** A consumer of its own, because the reader's may be waiting for a fetch. */
  private @Nullable KafkaConsumer<byte[], byte[]> ends;

  HeldControls(Properties settings) {
    this.settings = settings;
  }

  /** Whether what a control says depends on the requests before it. */
  static boolean isMeant(ShardEvent event) {
    return event instanceof ShardEvent.ControlRead read
        && (read.control().hasAwait() || namesRouter(read.control()));
  }

  private static boolean namesRouter(Control control) {
    return control.hasCancel() && !control.getCancel().getRouter().isEmpty();
  }

  /** Holds a control back. Where Kafka does not answer it is dropped: routers say it again. */
  void hold(TopicPartition requests, ShardEvent event) {
    try {
      if (held.size() < HELD_MAX && event instanceof ShardEvent.ControlRead read) {
        held.add(new Held(requests, end(requests), read));
      }
    } catch (KafkaException e) {
      LOG.warn("{}: a cancel was dropped: {}", requests, e.toString());
    }
  }

  private long end(TopicPartition requests) {
    KafkaConsumer<byte[], byte[]> asks = ends;
    if (asks == null) {
      asks =
          new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      ends = asks;
    }
    return asks.endOffsets(List.of(requests), PATIENCE).getOrDefault(requests, 0L);
  }

  /** Partitions of requests for which something is held. */
  List<TopicPartition> waiting() {
    return held.stream().map(Held::requests).distinct().toList();
  }

  /** What need not be held any longer, now that the requests before this offset are read. */
  List<ShardEvent> release(TopicPartition requests, long position) {
    List<ShardEvent> free = new ArrayList<>();
    for (Iterator<Held> all = held.iterator(); all.hasNext(); ) {
      Held one = all.next();
      if (one.requests().equals(requests) && one.end() <= position) {
        free.add(one.event());
        all.remove();
      }
    }
    return free;
  }

  /** The shard is not read any more. */
  void drop(TopicPartition requests) {
    held.removeIf(one -> one.requests().equals(requests));
  }

  void close() {
    KafkaConsumer<byte[], byte[]> asks = ends;
    if (asks != null) {
      asks.close(CloseOptions.timeout(Duration.ZERO));
    }
  }
}
