package dev.skein.store.kafka;

import dev.skein.store.LogRecord;
import dev.skein.store.ShardLog;
import dev.skein.store.StoreException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition at a time, by explicit offsets. Belongs to one thread; errors of the client
 * go through.
 */
final class PartitionReader implements AutoCloseable {

  private static final long ANSWER_NANOS_MAX =
      Duration.ofMillis(ClientSettings.ANSWER_MS_MAX).toNanos();
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Deque<ConsumerRecord<byte[], byte[]>> ahead = new ArrayDeque<>();
  private @Nullable TopicPartition assigned;

  PartitionReader(Properties settings) {
    consumer = new KafkaConsumer<>(settings);
  }

  int partitions(String topic) {
    return consumer.partitionsFor(topic).size();
  }

  /** The offset after the last record that this reader's isolation shows. */
  long end(TopicPartition partition) {
    return only(ends(List.of(partition)), partition);
  }

  /** The same of several, in one question. */
  Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) {
    return consumer.endOffsets(partitions);
  }

  /**
   * Visits the records from an offset, or the log's start if that is above it, to an end.
   *
   * @throws StoreException if this reader's isolation hides what lies before that end
   */
  void scan(TopicPartition partition, long from, long end, ShardLog.Visitor visitor)
      throws StoreException {
    assign(partition);
    long position = from > end ? start(partition) : from;
    consumer.seek(partition, position);
    long deadline = System.nanoTime() + ANSWER_NANOS_MAX;
    while (position < end) {
      ConsumerRecords<byte[], byte[]> records = polled(partition);
      for (ConsumerRecord<byte[], byte[]> found : records) {
        if (found.offset() < end) {
          visitor.visit(record(found));
        }
      }
      long next = consumer.position(partition);
      if (next > position) {
        position = next;
        deadline = System.nanoTime() + ANSWER_NANOS_MAX;
      } else if (end(partition) < end) {
        throw hidden(partition);
      } else if (System.nanoTime() > deadline) {
        throw silent(partition, position);
      }
    }
    release();
  }

  private long start(TopicPartition partition) {
    return only(consumer.beginningOffsets(List.of(partition)), partition);
  }

  /** Records that were deleted before they were read are left out. */
  private ConsumerRecords<byte[], byte[]> polled(TopicPartition partition) {
    try {
      return consumer.poll(POLL);
    } catch (OffsetOutOfRangeException e) {
      consumer.seek(partition, start(partition));
      return ConsumerRecords.empty();
    }
  }

  /** The first record at or above an offset, or null if the log ends before one. */
  @Nullable LogRecord next(TopicPartition partition, long offset) throws StoreException {
    if (partition.equals(assigned) && isAhead(offset)) {
      return taken(offset);
    }
    ahead.clear();
    if (!partition.equals(assigned)) {
      assign(partition);
      consumer.seek(partition, offset);
    } else if (consumer.position(partition) != offset) {
      consumer.seek(partition, offset);
    }
    try {
      return polled(partition, offset);
    } catch (InvalidOffsetException outsideOfTheLog) {
      release();
      return null;
    }
  }

  private @Nullable LogRecord polled(TopicPartition partition, long offset) throws StoreException {
    long deadline = System.nanoTime() + ANSWER_NANOS_MAX;
    while (true) {
      consumer.poll(POLL).forEach(ahead::add);
      if (!ahead.isEmpty()) {
        return taken(offset);
      }
      if (end(partition) <= consumer.position(partition)) {
        return null;
      }
      if (System.nanoTime() > deadline) {
        throw silent(partition, offset);
      }
    }
  }

  private boolean isAhead(long offset) {
    return !ahead.isEmpty()
        && ahead.getFirst().offset() <= offset
        && offset <= ahead.getLast().offset();
  }

  private @Nullable LogRecord taken(long offset) {
    while (!ahead.isEmpty() && ahead.getFirst().offset() < offset) {
      ahead.removeFirst();
    }
    return ahead.isEmpty() ? null : record(ahead.removeFirst());
  }

  /** Lets go of what was fetched ahead: megabytes that nobody may come for. */
  void release() {
    ahead.clear();
    consumer.unsubscribe();
    assigned = null;
  }

  /** Makes the call that another thread is in fail. Any thread. */
  void interrupt() {
    consumer.wakeup();
  }

  private void assign(TopicPartition partition) {
    ahead.clear();
    consumer.assign(List.of(partition));
    assigned = partition;
  }

  private static long only(Map<TopicPartition, Long> offsets, TopicPartition partition) {
    Long offset = offsets.get(partition);
    if (offset == null) {
      throw new IllegalStateException("The broker said nothing about " + partition + ".");
    }
    return offset;
  }

  private static StoreException hidden(TopicPartition partition) {
    return new StoreException(
        "A foreign transaction is open in "
            + partition
            + ": only the owner of shard "
            + partition.partition()
            + " may write there.");
  }

  private static StoreException silent(TopicPartition partition, long position) {
    return new StoreException(
        "Reading "
            + partition
            + " from offset "
            + position
            + " brought nothing in "
            + ClientSettings.ANSWER_MS_MAX / 1000
            + " seconds.");
  }

  private static LogRecord record(ConsumerRecord<byte[], byte[]> found) {
    return new LogRecord(found.offset(), found.key(), found.value());
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }
}
