package dev.skein.worker.kafka;

import dev.skein.proto.Control;
import dev.skein.worker.shard.ShardEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
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

  private final Supplier<Consumer<byte[], byte[]>> connect;
  private final List<Held> held = new ArrayList<>();

  /** Read since Kafka was last asked where the requests end: their ends are not known yet. */
  private final List<Held> fresh = new ArrayList<>();

  private @Nullable Consumer<byte[], byte[]> ends;

  /**
   * @param connect makes a consumer for the questions, because the reader's may be waiting for a
   *     fetch; called when the first one is asked
   */
  HeldControls(Supplier<Consumer<byte[], byte[]>> connect) {
    this.connect = connect;
  }

  /** Whether what a control says depends on the requests before it. */
  static boolean isMeant(ShardEvent event) {
    return event instanceof ShardEvent.ControlRead read
        && (read.control().hasAwait() || namesRouter(read.control()));
  }

  private static boolean namesRouter(Control control) {
    return control.hasCancel() && !control.getCancel().getRouter().isEmpty();
  }

  /** Holds a control back, at least until {@link #askEnds} was called. */
  void hold(TopicPartition requests, ShardEvent event) {
    if (held.size() + fresh.size() < HELD_MAX && event instanceof ShardEvent.ControlRead read) {
      fresh.add(new Held(requests, Long.MAX_VALUE, read));
    }
  }

  /**
   * Asks Kafka once, for all that came since it was asked last, where their requests end. Where it
   * does not answer they are dropped: routers say them again.
   */
  void askEnds() {
    if (fresh.isEmpty()) {
      return;
    }
    List<TopicPartition> asked = partitions(fresh);
    try {
      Map<TopicPartition, Long> known = consumer().endOffsets(asked, PATIENCE);
      for (Held one : fresh) {
        held.add(new Held(one.requests(), known.getOrDefault(one.requests(), 0L), one.event()));
      }
    } catch (KafkaException e) {
      LOG.warn("{}: {} cancels were dropped: {}", asked, fresh.size(), e.toString());
    }
    fresh.clear();
  }

  private Consumer<byte[], byte[]> consumer() {
    Consumer<byte[], byte[]> asks = ends;
    if (asks == null) {
      asks = connect.get();
      ends = asks;
    }
    return asks;
  }

  private static List<TopicPartition> partitions(List<Held> some) {
    return some.stream().map(Held::requests).distinct().toList();
  }

  /** Partitions of requests for which something is held. */
  List<TopicPartition> waiting() {
    return partitions(held);
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
    fresh.removeIf(one -> one.requests().equals(requests));
  }

  void close() {
    Consumer<byte[], byte[]> asks = ends;
    if (asks != null) {
      asks.close(CloseOptions.timeout(Duration.ZERO));
    }
  }
}
