package dev.skein.store;

import static dev.skein.store.Samples.manifest;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.skein.store.kafka.KafkaShardStore;
import dev.skein.store.kafka.ManifestTail;
import dev.skein.store.kafka.ReaderPool;
import dev.skein.store.kafka.TestBroker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What was read of the manifests ahead is what the next owner begins with. */
class ManifestTailTest {
  private static final int SESSIONS = 300;

  @Test
  void aTakeoverOnlyCatchesUp() throws Exception {
    TestPool pool = TestPool.On.KAFKA.newPool();
    try (ManifestTail tail = newTail(pool);
        ReaderPool readers = new ReaderPool(TestBroker.clients())) {
      try (ShardStore first = pool.open(0)) {
        first.acquire("first");
        for (int i = 0; i < SESSIONS; i++) {
          first.store(manifest("session-" + i, i));
        }
        first.commit();
      }
      await("everything is read ahead")
          .atMost(Duration.ofMinutes(1))
          .until(() -> tail.readTo(0) >= SESSIONS);
      ManifestTail.Loan loan = tail.lend(0);
      KnownManifests ahead = loan.get();
      assertThat(ahead.table().find("session-7".getBytes(UTF_8))).isEqualTo(9);
      assertThat(ahead.record(0)).isNotNull();
      loan.giveBack();
      try (ShardStore second = pool.open(0)) {
        second.acquire("second");
        second.store(manifest("session-7", 1_000));
        second.dropManifest("session-8");
        second.commit();
      }
      try (ShardStore third =
          new KafkaShardStore(
              pool.topics(),
              0,
              TestPool.SHARDS,
              new KafkaShardStore.Shared(TestBroker.clients(), "", readers, tail, null))) {
        assertThat(third.acquire("third").epoch()).isEqualTo(3);
        assertThat(third.manifest("session-7")).isEqualTo(manifest("session-7", 1_000));
        assertThat(third.manifest("session-8")).isNull();
        assertThat(third.manifest("session-9")).isEqualTo(manifest("session-9", 9));
        assertThat(third.manifest("nobody")).isNull();
      }
    }
  }

  /** What a long-lived owner gives back is not read again: there may be a million sessions. */
  @Test
  void whatIsGivenBackIsReadOn() throws Exception {
    TestPool pool = TestPool.On.KAFKA.newPool();
    try (ManifestTail tail = newTail(pool);
        ReaderPool readers = new ReaderPool(TestBroker.clients())) {
      KnownManifests read;
      try (ShardStore first =
          new KafkaShardStore(
              pool.topics(),
              0,
              TestPool.SHARDS,
              new KafkaShardStore.Shared(TestBroker.clients(), "", readers, tail, null))) {
        first.acquire("first");
        first.store(manifest("own", 1));
        first.commit();
      }
      ManifestTail.Loan loan = tail.lend(0);
      read = loan.get();
      assertThat(read.table().find("own".getBytes(UTF_8))).as("what it wrote").isPositive();
      loan.giveBack();
      long end;
      try (ShardStore second = pool.open(0)) {
        second.acquire("second");
        second.store(manifest("foreign", 2));
        second.commit();
      }
      ManifestTail.Loan later = tail.lend(0);
      end = read.next();
      await("it is read on").atMost(Duration.ofMinutes(1)).until(() -> tail.readTo(0) > end + 1);
      assertThat(later.get()).isSameAs(read);
      assertThat(read.table().find("own".getBytes(UTF_8))).isPositive();
      assertThat(read.table().find("foreign".getBytes(UTF_8))).isGreaterThan(end);
    }
  }

  private static ManifestTail newTail(TestPool pool) {
    return new ManifestTail(pool.topics(), TestPool.SHARDS, TestBroker.clients());
  }
}
