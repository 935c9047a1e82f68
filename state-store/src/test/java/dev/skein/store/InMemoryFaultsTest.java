package dev.skein.store;

import static dev.skein.store.Samples.event;
import static dev.skein.store.Samples.manifest;
import static dev.skein.store.Samples.snapshot;
import static dev.skein.store.Samples.stored;
import static dev.skein.store.Samples.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Topics;
import dev.skein.store.Faults.Fault;
import dev.skein.store.Faults.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What goes wrong with a log, as a simulation makes it go wrong: the store dies of it and says what
 * is true.
 */
class InMemoryFaultsTest {

  private final Topics topics = Topics.main();
  private InMemoryCluster cluster = new InMemoryCluster(topics, 1);

  @BeforeEach
  void newCluster() {
    cluster = new InMemoryCluster(topics, 1);
  }

  private static Faults once(Step step, String topic, Fault fault) {
    boolean[] done = new boolean[1];
    return (shard, at, name) -> {
      if (done[0] || at != step || !name.equals(topic)) {
        return Fault.NONE;
      }
      done[0] = true;
      return fault;
    };
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"REFUSED", "ANSWER_LOST"})
  void oneFailedWriteEndsTheStore(Fault fault) throws Exception {
    try (ShardStore store = cluster.open(0)) {
      store.acquire("here");
      cluster.faults(once(Step.APPEND, topics.tokens(), fault));
      Samples.Heard heard = new Samples.Heard();
      store.publish(event("alice", 0), false, heard);
      assertThat(heard.next()).isEqualTo(-1);
      store.publish(event("alice", 1), false, heard);
      assertThat(heard.next()).isEqualTo(-1);
      assertThatThrownBy(store::commit).isInstanceOf(StoreException.class);
      assertThat(cluster.records(topics.tokens(), 0, false))
          .hasSize(fault == Fault.REFUSED ? 0 : 1);
      assertThat(cluster.records(topics.tokens(), 0, true)).isEmpty();
    }
    try (ShardStore next = cluster.open(0)) {
      assertThat(next.acquire("next").tail()).hasSize(fault == Fault.REFUSED ? 0 : 1);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"REFUSED", "ANSWER_LOST"})
  void aCommitOfUnknownOutcomeEndsTheStore(Fault fault) throws Exception {
    try (ShardStore store = cluster.open(0)) {
      store.acquire("here");
      store.store(manifest("alice", 1));
      cluster.faults(once(Step.COMMIT, "", fault));
      assertThatThrownBy(store::commit).isInstanceOf(StoreException.class);
      assertThatThrownBy(store::commit).isInstanceOf(StoreException.class);
      assertThat(store.failure()).isNotNull();
    }
    try (ShardStore next = cluster.open(0)) {
      next.acquire("next");
      assertThat(next.manifest("alice"))
          .isEqualTo(fault == Fault.REFUSED ? null : manifest("alice", 1));
    }
  }

  @Test
  void aTakeOverThatFailsHalfwayDeposesNobodyForGood() throws Exception {
    cluster.faults(once(Step.COMMIT, "", Fault.REFUSED));
    try (ShardStore first = cluster.open(0)) {
      assertThatThrownBy(() -> first.acquire("first")).isInstanceOf(StoreException.class);
    }
    try (ShardStore second = cluster.open(0)) {
      assertThat(second.acquire("second").epoch()).isEqualTo(1);
    }
  }

  @Test
  void aReadThatFailsEndsTheStore() throws Exception {
    try (ShardStore store = cluster.open(0)) {
      store.acquire("here");
      store.store(manifest("alice", 1));
      store.commit();
      cluster.faults(once(Step.READ, topics.manifests(), Fault.REFUSED));
      assertThatThrownBy(() -> store.manifest("alice")).isInstanceOf(StoreException.class);
      assertThatThrownBy(() -> store.manifest("alice")).isInstanceOf(StoreException.class);
    }
  }

  /** Otherwise it would go on after its manifests and ends were aborted under it. */
  @Test
  void anOwnerWhoseTransactionTimedOutCannotGoOn() throws Exception {
    try (ShardStore store = cluster.open(0)) {
      store.acquire("here");
      store.store(manifest("alice", 1));
      cluster.expireTransaction(0);
      Samples.Heard heard = new Samples.Heard();
      store.publish(event("alice", 0), false, heard);
      assertThat(heard.next()).isEqualTo(-1);
      assertThatThrownBy(store::commit).isInstanceOf(StoreException.class);
      assertThat(cluster.records(topics.tokens(), 0, false)).isEmpty();
    }
  }

  @Test
  void nothingIsAcknowledgedBeforeItsTime() throws Exception {
    Deque<Runnable> later = new ArrayDeque<>();
    try (ShardStore store = cluster.open(0)) {
      store.acquire("here");
      cluster.acknowledgements(later::add);
      Samples.Heard heard = new Samples.Heard();
      store.publish(event("alice", 0), false, heard);
      store.publish(event("alice", 1), false, heard);
      assertThat(heard.nothing()).isTrue();
      later.remove().run();
      assertThat(heard.next()).isEqualTo(0);
      assertThat(heard.nothing()).isTrue();
      store.commit();
      assertThat(heard.next()).isEqualTo(1);
      later.remove().run();
      assertThat(heard.nothing()).isTrue();
    }
  }

  @Test
  void noMoreThanTwoChunksFlyAtATime() throws Exception {
    Deque<Runnable> later = new ArrayDeque<>();
    try (ShardStore store = cluster.open(0)) {
      store.acquire("here");
      cluster.acknowledgements(later::add);
      List<Slot> done = new ArrayList<>();
      store.store("alice", 0, snapshot(3 * SnapshotChunks.CHUNK_BYTES, 1), done::add);
      store.store("bob", 0, snapshot(10, 1), done::add);
      int flown = 0;
      while (!later.isEmpty()) {
        assertThat(later.size()).isLessThanOrEqualTo(ChunkQueue.IN_FLIGHT_MAX);
        later.remove().run();
        flown++;
      }
      assertThat(flown).isEqualTo(5);
      assertThat(done).hasSize(2);
      assertThat(cluster.records(topics.states(), 0, false)).hasSize(5);
    }
  }

  @Test
  void aSnapshotWhoseSlotWasOverwrittenIsGoneAfterCompaction() throws Exception {
    try (ShardStore store = cluster.open(0)) {
      store.acquire("here");
      Slot old = stored(store, "alice", 0, snapshot(1_000_000, 1));
      store.commit();
      Slot now = stored(store, "alice", 0, snapshot(1_000_000, 2));
      store.commit();
      cluster.compact(topics.states(), 0);
      assertThatThrownBy(() -> store.load(0, "alice", old))
          .isInstanceOf(SnapshotUnavailableException.class);
      assertThat(store.load(0, "alice", now)).isEqualTo(snapshot(1_000_000, 2));
    }
  }

  @Test
  void compactionLosesNoManifest() throws Exception {
    try (ShardStore store = cluster.open(0)) {
      store.acquire("here");
      for (int round = 1; round < 4; round++) {
        store.store(manifest("alice", round));
        store.store(manifest("bob", round));
        store.commit();
        cluster.compact(topics.manifests(), 0);
        assertThat(store.manifest("alice")).isEqualTo(manifest("alice", round));
      }
      store.store(manifest("alice", 9));
    }
    cluster.compact(topics.manifests(), 0);
    try (ShardStore next = cluster.open(0)) {
      assertThat(next.acquire("next").epoch()).isEqualTo(2);
      assertThat(next.manifest("alice")).isEqualTo(manifest("alice", 3));
    }
  }

  @Test
  void aTailThatRetentionCutBeginsWhereTheLogBegins() throws Exception {
    try (ShardStore store = cluster.open(0)) {
      ShardRecord mine = store.acquire("here").record();
      for (int i = 0; i < 6; i++) {
        store.publish(event("alice", i), false, new Samples.Heard());
      }
      store.store(mine.toBuilder().setTokensFrom(2).build());
      store.commit();
    }
    cluster.truncate(topics.tokens(), 0, 4);
    try (ShardStore next = cluster.open(0)) {
      assertThat(texts(next.acquire("next").tail())).containsExactly("t4", "t5");
    }
  }
}
