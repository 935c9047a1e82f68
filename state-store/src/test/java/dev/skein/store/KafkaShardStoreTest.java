package dev.skein.store;

import static dev.skein.store.Samples.event;
import static dev.skein.store.Samples.manifest;
import static dev.skein.store.Samples.snapshot;
import static dev.skein.store.Samples.stored;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.skein.proto.Slot;
import dev.skein.proto.Topics;
import dev.skein.store.kafka.KafkaShardStore;
import dev.skein.store.kafka.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** What only a broker can do to a store. */
class KafkaShardStoreTest {

  @Test
  void anotherPartitionCountIsRefusedBeforeAnybodyIsFenced() throws Exception {
    TestPool pool = TestPool.On.KAFKA.newPool();
    try (ShardStore owner = pool.open(0);
        ShardStore mistaken = new KafkaShardStore(pool.topics(), 0, 3, TestBroker.clients());
        ShardStore lost = new KafkaShardStore(new Topics("nowhere"), 0, 3, TestBroker.clients())) {
      owner.acquire("owner");
      assertThatThrownBy(() -> mistaken.acquire("mistaken"))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("2 partitions")
          .hasMessageContaining("3 shards");
      assertThatThrownBy(() -> lost.acquire("lost")).isInstanceOf(StoreException.class);
      owner.store(manifest("alice", 1));
      owner.commit();
    }
  }

  /** The broker does the same to a transaction that is open for too long. */
  @Test
  void anOwnerWhoseTransactionWasAbortedByTheBrokerCannotGoOn() throws Exception {
    TestPool pool = TestPool.On.KAFKA.newPool();
    try (ShardStore owner = pool.open(0);
        Admin admin = Admin.create(TestBroker.clients())) {
      owner.acquire("owner");
      owner.store(manifest("alice", 1));
      admin.fenceProducers(List.of(pool.topics().transactionalId(0))).all().get();
      assertThatThrownBy(owner::commit).isInstanceOf(StoreException.class);
      Samples.Heard heard = new Samples.Heard();
      owner.publish(event("alice", 0), false, heard);
      assertThat(heard.next()).isEqualTo(-1);
      assertThatThrownBy(owner::commit).isInstanceOf(StoreException.class);
    }
    try (ShardStore next = pool.open(0)) {
      assertThat(next.acquire("next").epoch()).isEqualTo(2);
      assertThat(next.manifest("alice")).isNull();
    }
  }

  @Test
  void aForeignTransactionInTheManifestsIsRefused() throws Exception {
    TestPool pool = TestPool.On.KAFKA.newPool();
    Properties settings = TestBroker.clients();
    settings.put("transactional.id", "somebody-else-" + pool.topics().pool());
    settings.put("key.serializer", ByteArraySerializer.class);
    settings.put("value.serializer", ByteArraySerializer.class);
    try (KafkaProducer<byte[], byte[]> foreign = new KafkaProducer<>(settings)) {
      foreign.initTransactions();
      foreign.beginTransaction();
      byte[] key = "x".getBytes(UTF_8);
      foreign.send(new ProducerRecord<>(pool.topics().manifests(), 0, key, key)).get();
      try (ShardStore store = pool.open(0)) {
        assertThatThrownBy(() -> store.acquire("here"))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("foreign transaction");
      }
      foreign.abortTransaction();
      try (ShardStore store = pool.open(0)) {
        assertThat(store.acquire("here").epoch()).isEqualTo(1);
      }
    }
  }

  @Test
  void aChunkThatTheBrokerCompactedAwayIsMissed() throws Exception {
    TestPool pool = TestPool.On.KAFKA.newPool();
    compactAtOnce(pool.topics().states());
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      List<Slot> slots = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        slots.add(stored(store, "alice", 0, snapshot(600_000, i)));
        store.commit();
      }
      int[] filler = new int[1];
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(300))
          .until(() -> {
            stored(store, "bob", filler[0]++ % 2, snapshot(10, 0));
            store.commit();
            return isGone(store, slots.getFirst());
          });
      assertThat(store.load(0, "alice", slots.getLast())).isEqualTo(snapshot(600_000, 2));
      assertThat(store.failure()).isNull();
    }
  }

  private static boolean isGone(ShardStore store, Slot slot) throws StoreException {
    try {
      store.load(0, "alice", slot);
      return false;
    } catch (SnapshotUnavailableException e) {
      return true;
    }
  }

  private static void compactAtOnce(String topic) throws Exception {
    List<AlterConfigOp> changes = new ArrayList<>();
    Map.of("segment.ms", "100", "min.cleanable.dirty.ratio", "0.001", "delete.retention.ms", "0")
        .forEach((name, value) ->
            changes.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
    try (Admin admin = Admin.create(TestBroker.clients())) {
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), changes))
          .all()
          .get();
    }
  }

  @Test
  void anIdleShardHasOneThreadAndAClosedOneNone() throws Exception {
    TestPool pool = TestPool.On.KAFKA.newPool();
    String id = pool.topics().transactionalId(0);
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      store.store(manifest("alice", 1));
      store.commit();
      store.manifest("alice");
      store.rest();
      assertThat(threadsOf(id)).hasSize(1);
    }
    assertThat(threadsOf(id)).isEmpty();
  }

  private static List<String> threadsOf(String clientId) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.contains(clientId))
        .toList();
  }

  @Test
  void aStoreCanBeClosedWhileItsOwnerWaits() throws Exception {
    Properties nobody = TestBroker.clients();
    nobody.setProperty("bootstrap.servers", "127.0.0.1:1");
    ShardStore store = new KafkaShardStore(Topics.main(), 0, 2, nobody);
    Thread owner =
        Thread.ofPlatform()
            .daemon()
            .start(() ->
                assertThatThrownBy(() -> store.acquire("here")).isInstanceOf(StoreException.class));
    await().until(() -> isIn(owner, "partitionsFor"));
    long before = System.nanoTime();
    store.close();
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
  }

  private static boolean isIn(Thread thread, String method) {
    return Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals(method));
  }
}
