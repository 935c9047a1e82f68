package dev.skein.store;

import static dev.skein.store.Samples.manifest;
import static dev.skein.store.Samples.snapshot;
import static dev.skein.store.Samples.stored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Manifest;
import dev.skein.proto.OpenTurn;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Tenure;
import dev.skein.proto.Topics;
import dev.skein.proto.UnfinishedTurn;
import dev.skein.store.Faults.Fault;
import dev.skein.store.Faults.Step;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The next owner gets ready while the one before runs on, and finds everything newer than that. */
class ReadAheadTest {

  private static Manifest unfinished(String session, Slot slot) {
    return manifest(session, 1).toBuilder()
        .setUnfinished(UnfinishedTurn.newBuilder().setTurn(3).setSlot(slot))
        .build();
  }

  private static ShardRecord open(ShardStore.Acquired acquired, Tenure tenure) {
    return acquired.record().toBuilder()
        .setTenure(tenure)
        .addOpenTurns(OpenTurn.newBuilder().setSession("alice").setTurn(3))
        .build();
  }

  @ParameterizedTest
  @EnumSource
  void theOwnerBeforeRunsOnUntilTheShardIsTaken(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0);
        ShardStore next = pool.open(0)) {
      assertThat(next.prepare()).as("nobody's").isEmpty();
      ShardStore.Acquired acquired = first.acquire("first");
      Slot slot = stored(first, "alice", 0, snapshot(600_000, 1));
      first.store(unfinished("alice", slot));
      first.store(open(acquired, Tenure.TENURE_RUNNING));
      first.commit();

      assertThat(next.prepare()).isEqualTo("first");
      next.readAhead();

      Slot newer = stored(first, "bob", 0, snapshot(1_000, 2));
      first.store(unfinished("bob", newer));
      first.store(manifest("carol", 7));
      first.store(open(acquired, Tenure.TENURE_RELEASED));
      first.commit();
      pool.settled(pool.topics().manifests(), 0);
      try (ShardStore third = pool.open(0)) {
        assertThat(third.prepare()).as("given back").isEmpty();
      }

      assertThat(next.acquire("next").released()).isTrue();
      assertThat(next.manifest("alice")).isEqualTo(unfinished("alice", slot));
      assertThat(next.load(0, "alice", slot)).isEqualTo(snapshot(600_000, 1));
      assertThat(next.manifest("bob")).isEqualTo(unfinished("bob", newer));
      assertThat(next.load(0, "bob", newer)).isEqualTo(snapshot(1_000, 2));
      assertThat(next.manifest("carol")).isEqualTo(manifest("carol", 7));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatWasReadAheadIsNotUsedWhereSomethingNewerCounts(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0);
        ShardStore next = pool.open(0)) {
      ShardStore.Acquired acquired = first.acquire("first");
      Slot slot = stored(first, "alice", 0, snapshot(1_000, 1));
      first.store(unfinished("alice", slot));
      first.store(open(acquired, Tenure.TENURE_RUNNING));
      first.commit();
      next.prepare();
      next.readAhead();
      Slot newer = stored(first, "alice", 1, snapshot(1_000, 2));
      first.store(unfinished("alice", newer));
      first.commit();

      assertThat(next.acquire("next").released()).isFalse();
      assertThat(next.manifest("alice")).isEqualTo(unfinished("alice", newer));
      assertThat(next.load(0, "alice", newer)).isEqualTo(snapshot(1_000, 2));
    }
  }

  @Test
  void nothingIsReadOnceTheShardIsTaken() throws Exception {
    Topics topics = Topics.main();
    InMemoryCluster cluster = new InMemoryCluster(topics, 1);
    Set<String> reads = new HashSet<>();
    try (ShardStore first = cluster.open(0);
        ShardStore next = cluster.open(0)) {
      ShardStore.Acquired acquired = first.acquire("first");
      Slot slot = stored(first, "alice", 0, snapshot(600_000, 1));
      first.store(unfinished("alice", slot));
      first.store(open(acquired, Tenure.TENURE_RELEASED));
      first.commit();
      next.readAhead();
      next.acquire("next");
      cluster.faults((shard, step, topic) -> {
        if (step == Step.READ) {
          reads.add(topic);
        }
        return Fault.NONE;
      });
      assertThat(next.manifest("alice")).isEqualTo(unfinished("alice", slot));
      assertThat(next.load(0, "alice", slot)).isEqualTo(snapshot(600_000, 1));
      assertThat(reads).isEmpty();
      assertThat(next.load(0, "alice", slot)).as("kept once").isEqualTo(snapshot(600_000, 1));
      assertThat(reads).containsExactly(topics.states());
    }
  }
}
