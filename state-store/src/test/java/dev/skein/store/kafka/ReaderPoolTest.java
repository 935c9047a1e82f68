package dev.skein.store.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.proto.Topics;
import dev.skein.store.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** Readers come back and are lent again, unless something went wrong with them. */
class ReaderPoolTest {

  @Test
  void aReaderIsLentAgain() throws Exception {
    try (ReaderPool pool = new ReaderPool(TestBroker.clients())) {
      PartitionReader first = pool.take();
      pool.giveBack(first);
      assertThat(pool.take()).isSameAs(first);
      List<PartitionReader> lent = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        pool.committed(lent::add);
      }
      assertThat(lent.getLast()).isSameAs(lent.getFirst()).isNotSameAs(first);
    }
  }

  @Test
  void oneThatFailedIsNotLentAgain() throws Exception {
    try (ReaderPool pool = new ReaderPool(TestBroker.clients())) {
      List<PartitionReader> lent = new ArrayList<>();
      ReaderPool.Reading<Boolean> failing =
          reader -> {
            lent.add(reader);
            throw new StoreException("for a try");
          };
      assertThatThrownBy(() -> pool.committed(failing)).hasMessage("for a try");
      pool.committed(lent::add);
      assertThat(lent.getLast()).isNotSameAs(lent.getFirst());
    }
  }

  /** What one owner had assigned does not show through to the next. */
  @Test
  void aReaderReadsAnotherPartitionAfterwards() throws Exception {
    Topics topics = new Topics("readers");
    PoolTopics.ensure(TestBroker.clients(), topics, 2, (short) 1);
    Properties settings = TestBroker.clients();
    settings.put("key.serializer", ByteArraySerializer.class);
    settings.put("value.serializer", ByteArraySerializer.class);
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      for (int shard : new int[] {0, 1, 1}) {
        producer.send(new ProducerRecord<>(topics.tokens(), shard, new byte[1], new byte[1])).get();
      }
    }
    try (ReaderPool pool = new ReaderPool(TestBroker.clients())) {
      for (int shard = 0; shard < 2; shard++) {
        TopicPartition partition = new TopicPartition(topics.tokens(), shard);
        List<Long> offsets = new ArrayList<>();
        long end =
            pool.committed(reader -> {
              long last = reader.end(partition);
              reader.scan(partition, 0, last, record -> offsets.add(record.offset()));
              return last;
            });
        assertThat(end).isEqualTo(shard + 1);
        assertThat(offsets).hasSize(shard + 1);
      }
    }
  }
}
