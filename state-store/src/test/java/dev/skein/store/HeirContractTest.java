package dev.skein.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.ShardRecord;
import dev.skein.proto.Tenure;
import dev.skein.store.ShardStore.Acquired;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A shard that is left to an acquisition that is known, on Kafka and in memory. */
class HeirContractTest {
  private static final Heir HEIR = Heir.at("there");

  /** The first owner has left shard 0 to the heir. */
  private static TestPool left(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0)) {
      ShardRecord last =
          first.acquire("here").record().toBuilder()
              .setWatermark(17)
              .setTenure(Tenure.TENURE_RELEASED)
              .build();
      first.leave(last, HEIR);
      first.commit();
    }
    return pool;
  }

  @ParameterizedTest
  @EnumSource
  void itWritesAtOnceUnderAnEpochThatIsCommittedAlready(TestPool.On on) throws Exception {
    TestPool pool = left(on);
    try (ShardStore store = pool.open(0)) {
      assertThat(store.prepare()).isEqualTo("there");
      Acquired acquired = store.acquire(HEIR);
      assertThat(acquired.epoch()).isEqualTo(2);
      assertThat(acquired.released()).isTrue();
      assertThat(acquired.record().getOwner()).isEqualTo("there");
      assertThat(acquired.record().getWatermark()).isEqualTo(17);
      assertThat(acquired.record().getTenure()).isEqualTo(Tenure.TENURE_RUNNING);
      assertThat(store.dirty()).as("its record waits for the first commit").isTrue();
      store.commit();
    }
    try (ShardStore next = pool.open(0)) {
      Acquired acquired = next.acquire(Heir.at("elsewhere"));
      assertThat(acquired.epoch()).isEqualTo(3);
      assertThat(acquired.released()).as("it did not give the shard back").isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherOneTakesTheNextEpoch(TestPool.On on) throws Exception {
    TestPool pool = left(on);
    try (ShardStore other = pool.open(0)) {
      Acquired acquired = other.acquire(Heir.at("there"));
      assertThat(acquired.epoch()).isEqualTo(3);
      assertThat(acquired.released()).isTrue();
      assertThat(other.dirty()).isFalse();
    }
    try (ShardStore late = pool.open(0)) {
      assertThat(late.acquire(HEIR).epoch()).as("too late").isEqualTo(4);
    }
  }

  /** As an owner of an older version leaves it, which keeps a field that it does not know. */
  @ParameterizedTest
  @EnumSource
  void aRecordThatSomebodyElseWroteIsNotItsOwn(TestPool.On on) throws Exception {
    TestPool pool = left(on);
    try (ShardStore older = pool.open(0)) {
      ShardRecord mine = older.acquire("elsewhere").record();
      older.store(mine.toBuilder().setHeir(HEIR.id()).build());
      older.commit();
    }
    try (ShardStore late = pool.open(0)) {
      assertThat(late.acquire(HEIR).epoch()).isEqualTo(4);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatItWroteTellsThatItDied(TestPool.On on) throws Exception {
    TestPool pool = left(on);
    try (ShardStore heir = pool.open(0)) {
      int epoch = heir.acquire(HEIR).epoch();
      Samples.Heard heard = new Samples.Heard();
      heir.publish(Samples.event("ann", 0).toBuilder().setEpoch(epoch).build(), false, heard);
      assertThat(heard.next()).isNotNegative();
    }
    try (ShardStore next = pool.open(0)) {
      Acquired acquired = next.acquire(Heir.at("there"));
      assertThat(acquired.epoch()).as("no epoch is used twice").isEqualTo(3);
      assertThat(acquired.tail()).hasSize(1);
      assertThat(acquired.released()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aShardThatIsLeftToNobodyIsReleased(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0)) {
      ShardRecord mine = first.acquire("here").record();
      first.leave(mine.toBuilder().setTenure(Tenure.TENURE_RELEASED).build(), Heir.NOBODY);
      first.commit();
    }
    try (ShardStore next = pool.open(0)) {
      assertThat(next.prepare()).isEmpty();
      assertThat(next.acquire(Heir.at("there")).epoch()).isEqualTo(2);
      assertThat(next.dirty()).isFalse();
    }
  }
}
