package dev.skein.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.ShardRecord;
import dev.skein.proto.Tenure;
import dev.skein.store.ShardStore.Acquired;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the record of a shard is to its owner and to the next one, on Kafka and in memory. */
class ShardRecordContractTest {

  @ParameterizedTest
  @EnumSource
  void theNextOwnerContinuesFromTheRecord(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0)) {
      ShardRecord mine = first.acquire("first").record();
      first.store(mine.toBuilder().setWatermark(17).addFinished(19).setControlsOffset(4).build());
      first.commit();
      first.store(mine.toBuilder().setWatermark(99).build());
    }
    try (ShardStore second = pool.open(0)) {
      Acquired acquired = second.acquire("second");
      assertThat(acquired.epoch()).isEqualTo(2);
      assertThat(acquired.fresh()).isFalse();
      assertThat(acquired.released()).isFalse();
      assertThat(acquired.record().getOwner()).isEqualTo("second");
      assertThat(acquired.record().getWatermark()).isEqualTo(17);
      assertThat(acquired.record().getFinishedList()).containsExactly(19L);
      assertThat(acquired.record().getControlsOffset()).isEqualTo(4);
      second.store(acquired.record().toBuilder().setTenure(Tenure.TENURE_RELEASED).build());
      second.commit();
    }
    try (ShardStore third = pool.open(0)) {
      Acquired acquired = third.acquire("third");
      assertThat(acquired.epoch()).isEqualTo(3);
      assertThat(acquired.released()).isTrue();
      assertThat(acquired.record().getTenure()).isEqualTo(Tenure.TENURE_RUNNING);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRecordThatSaysNothingNewIsNotWrittenAgain(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(0)) {
      ShardRecord mine = store.acquire("here").record();
      store.store(mine);
      assertThat(store.dirty()).isFalse();
      ShardRecord moved = mine.toBuilder().setWatermark(1).build();
      store.store(moved);
      store.commit();
      store.store(moved.toBuilder().build());
      store.commit();
      store.store(mine);
      store.commit();
      assertThat(pool.settled(pool.topics().manifests(), 0)).hasSize(3);
    }
  }
}
