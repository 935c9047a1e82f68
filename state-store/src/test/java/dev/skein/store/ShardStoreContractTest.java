package dev.skein.store;

import static dev.skein.store.Samples.event;
import static dev.skein.store.Samples.manifest;
import static dev.skein.store.Samples.texts;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.proto.ShardRecord;
import dev.skein.proto.TokenEventCodec;
import dev.skein.proto.Wire;
import dev.skein.store.ShardStore.Acquired;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What an owner may rely on, whatever the store lies on: every test runs against Kafka and against
 * its twin.
 */
class ShardStoreContractTest {

  @ParameterizedTest
  @EnumSource
  void aFreshShardBeginsAtEpochOne(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(1)) {
      Acquired acquired = store.acquire("here:1");
      assertThat(acquired.epoch()).isEqualTo(1);
      assertThat(acquired.fresh()).isTrue();
      assertThat(acquired.released()).isTrue();
      assertThat(acquired.tail()).isEmpty();
      assertThat(acquired.record().getLog()).isNotEmpty();
      assertThat(acquired.record().toBuilder().clearLog().build())
          .isEqualTo(
              ShardRecord.newBuilder()
                  .setEpoch(1)
                  .setOwner("here:1")
                  .setPartitions(TestPool.SHARDS)
                  .build());
      assertThat(store.manifest("alice")).isNull();
      assertThat(store.dirty()).isFalse();
      List<LogRecord> records = pool.settled(pool.topics().manifests(), 1);
      assertThat(records).hasSize(1);
      assertThat(records.getFirst().hasKey(Wire.SHARD_KEY.getBytes(UTF_8))).isTrue();
      assertThat(ShardRecord.parseFrom(requireNonNull(records.getFirst().value())))
          .isEqualTo(acquired.record());
    }
  }

  @ParameterizedTest
  @EnumSource
  void shardsDoNotTouchEachOther(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore zero = pool.open(0);
        ShardStore one = pool.open(1)) {
      zero.acquire("a");
      one.acquire("b");
      zero.store(manifest("alice", 1));
      zero.commit();
      one.store(manifest("bob", 1));
      one.commit();
      assertThat(zero.manifest("bob")).isNull();
      assertThat(one.manifest("alice")).isNull();
      assertThat(zero.manifest("alice")).isEqualTo(manifest("alice", 1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeposedOwnerWithAnOpenTransactionWritesNothingMore(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    String tokens = pool.topics().tokens();
    try (ShardStore old = pool.open(0);
        ShardStore now = pool.open(0)) {
      old.acquire("old");
      Samples.Heard heard = new Samples.Heard();
      old.publish(event("alice", 0), false, heard);
      assertThat(heard.next()).isEqualTo(0);
      old.store(manifest("alice", 5));

      Acquired acquired = now.acquire("now");
      assertThat(texts(acquired.tail())).containsExactly("t0");

      old.publish(event("alice", 1), false, heard);
      assertThat(heard.next()).isEqualTo(-1);
      assertThatThrownBy(old::commit).isInstanceOf(StoreException.class);
      assertThat(old.failure()).isNotNull();
      assertThatThrownBy(() -> old.manifest("alice")).isInstanceOf(StoreException.class);

      assertThat(now.manifest("alice")).isNull();
      now.publish(event("alice", 0), false, heard);
      assertThat(heard.next()).isPositive();
      now.commit();
      assertThat(pool.records(tokens, 0, false)).hasSize(2);
      assertThat(pool.settled(tokens, 0)).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeposedOwnerThatSleptWritesNothingEither(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore old = pool.open(0);
        ShardStore now = pool.open(0)) {
      old.acquire("old");
      old.store(manifest("alice", 1));
      old.commit();
      now.acquire("now");
      now.store(manifest("alice", 2));
      now.commit();

      Samples.Heard heard = new Samples.Heard();
      old.publish(event("alice", 1), false, heard);
      old.store(manifest("alice", 7));
      assertThat(heard.next()).isEqualTo(-1);
      assertThatThrownBy(old::commit).isInstanceOf(StoreException.class);
      assertThatThrownBy(old::commit).isInstanceOf(StoreException.class);
      assertThat(pool.records(pool.topics().tokens(), 0, false)).isEmpty();
      assertThat(now.manifest("alice")).isEqualTo(manifest("alice", 2));
      now.store(manifest("alice", 3));
      now.commit();
    }
  }

  @ParameterizedTest
  @EnumSource
  void ownWritesAreSeenAtOnceAndOthersOnlyWhenCommitted(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0)) {
      first.acquire("first");
      first.store(manifest("alice", 1));
      first.store(manifest("bob", 1));
      assertThat(first.dirty()).isTrue();
      assertThat(first.manifest("alice")).isEqualTo(manifest("alice", 1));
      first.commit();
      assertThat(first.dirty()).isFalse();
      first.store(manifest("alice", 2));
      assertThat(first.manifest("alice")).isEqualTo(manifest("alice", 2));
      assertThat(first.manifest("bob")).isEqualTo(manifest("bob", 1));
    }
    try (ShardStore second = pool.open(0)) {
      second.acquire("second");
      assertThat(second.manifest("alice")).isEqualTo(manifest("alice", 1));
      assertThat(second.manifest("bob")).isEqualTo(manifest("bob", 1));
      assertThat(second.manifest("carol")).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void manyManifestsAreFoundAgain(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0)) {
      first.acquire("first");
      for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 300; i += round) {
          first.store(manifest("session-" + i, round));
        }
        first.commit();
      }
      assertThat(first.manifest("session-6")).isEqualTo(manifest("session-6", 3));
    }
    try (ShardStore second = pool.open(0)) {
      second.acquire("second");
      for (int i = 0; i < 300; i += 7) {
        int round = i % 3 == 0 ? 3 : i % 2 == 0 ? 2 : 1;
        assertThat(second.manifest("session-" + i)).isEqualTo(manifest("session-" + i, round));
        second.rest();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aManifestThatWasDeletedIsUnknown(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    String topic = pool.topics().manifests();
    pool.append(topic, 0, "alice".getBytes(UTF_8), manifest("alice", 1).toByteArray());
    pool.append(topic, 0, "bob".getBytes(UTF_8), manifest("bob", 1).toByteArray());
    pool.append(topic, 0, "alice".getBytes(UTF_8), null);
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      assertThat(store.manifest("alice")).isNull();
      assertThat(store.manifest("bob")).isEqualTo(manifest("bob", 1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theTailHoldsWhatEarlierOwnersLeftCommittedOrNot(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    Samples.Heard heard = new Samples.Heard();
    long from;
    try (ShardStore first = pool.open(0)) {
      ShardRecord mine = first.acquire("first").record();
      first.publish(event("alice", 0), false, heard);
      heard.next();
      first.commit();
      first.publish(event("alice", 1), true, heard);
      from = heard.next();
      first.store(mine.toBuilder().setTokensFrom(from).build());
      first.commit();
      first.publish(event("bob", 2), false, heard);
      heard.next();
    }
    pool.append(pool.topics().tokens(), 0, "x".getBytes(UTF_8), "garbage".getBytes(UTF_8));
    pool.append(pool.topics().tokens(), 0, null, null);
    try (ShardStore second = pool.open(0)) {
      Acquired acquired = second.acquire("second");
      assertThat(texts(acquired.tail())).containsExactly("t1", "t2");
      assertThat(acquired.tail().getFirst().offset()).isEqualTo(from);
      assertThat(acquired.tail().getFirst().json()).isTrue();
      assertThat(acquired.tail().getFirst().committed()).isTrue();
      assertThat(acquired.tail().getLast().json()).isFalse();
      assertThat(acquired.tail().getLast().committed()).isFalse();
      assertThat(acquired.tokensEnd()).isEqualTo(pool.end(pool.topics().tokens(), 0));
      assertThat(acquired.tail().getLast().event()).isEqualTo(event("bob", 2));
      assertThat(acquired.unreadable()).isEqualTo(2);
      second.publish(event("bob", 2), false, heard);
      heard.next();
      second.commit();
    }
    assertThat(pool.settled(pool.topics().tokens(), 0).stream())
        .filteredOn(record -> record.hasKey("bob".getBytes(UTF_8)))
        .hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void aTailOfATopicThatWasMadeAnewIsReadFromItsStart(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0)) {
      ShardRecord mine = first.acquire("first").record();
      Samples.Heard heard = new Samples.Heard();
      first.publish(event("alice", 0), false, heard);
      heard.next();
      first.store(mine.toBuilder().setTokensFrom(1_000_000).build());
      first.commit();
    }
    try (ShardStore second = pool.open(0)) {
      Acquired acquired = second.acquire("second");
      assertThat(texts(acquired.tail())).containsExactly("t0");
      assertThat(acquired.tail().getFirst().committed()).isTrue();
      assertThat(acquired.tokensEnd()).isEqualTo(pool.end(pool.topics().tokens(), 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void eventsLieInTheLogInTheirOwnFormUnderTheirSession(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(1)) {
      store.acquire("here");
      Samples.Heard heard = new Samples.Heard();
      store.publish(event("alice", 0), true, heard);
      store.publish(event("alice", 1), false, heard);
      long first = heard.next();
      assertThat(heard.next()).isEqualTo(first + 1);
      assertThat(pool.records(pool.topics().tokens(), 1, true)).isEmpty();
      store.commit();
      List<LogRecord> records = pool.settled(pool.topics().tokens(), 1);
      assertThat(records).hasSize(2).allMatch(record -> record.hasKey("alice".getBytes(UTF_8)));
      assertThat(records.getFirst().value())
          .isEqualTo(TokenEventCodec.encode(event("alice", 0), true));
      assertThat(records.getLast().value())
          .isEqualTo(TokenEventCodec.encode(event("alice", 1), false));
    }
  }

  @ParameterizedTest
  @EnumSource
  void committingNothingWritesNothing(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      long end = pool.end(pool.topics().manifests(), 0);
      for (int i = 0; i < 5; i++) {
        store.commit();
      }
      assertThat(store.dirty()).isFalse();
      store.publish(event("alice", 0), false, new Samples.Heard());
      store.commit();
      assertThat(pool.end(pool.topics().manifests(), 0)).isEqualTo(end);
      assertThat(pool.end(pool.topics().tokens(), 0)).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeadLetterIsTheRecordAsItWas(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      store.deadLetter(null, "garbage".getBytes(UTF_8), Map.of(Wire.REASON, "No."));
      store.commit();
    }
    List<LogRecord> letters = pool.settled(pool.topics().deadLetters(), 0);
    assertThat(letters).hasSize(1);
    assertThat(letters.getFirst().key()).isNull();
    assertThat(letters.getFirst().value()).isEqualTo("garbage".getBytes(UTF_8));
  }

  @ParameterizedTest
  @EnumSource
  void aClosedStoreRefusesEverything(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    ShardStore store = pool.open(0);
    store.acquire("here");
    store.store(manifest("alice", 1));
    store.close();
    store.close();
    Samples.Heard heard = new Samples.Heard();
    store.publish(event("alice", 0), false, heard);
    assertThat(heard.next()).isEqualTo(-1);
    assertThatThrownBy(store::commit).isInstanceOf(StoreException.class);
    assertThatThrownBy(() -> store.manifest("bob")).isInstanceOf(StoreException.class);
    assertThat(pool.records(pool.topics().tokens(), 0, false)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void misuseIsRefused(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(0)) {
      assertThatThrownBy(() -> store.store(manifest("alice", 1)))
          .isInstanceOf(IllegalStateException.class);
      ShardRecord mine = store.acquire("here").record();
      assertThatThrownBy(() -> store.store(mine.toBuilder().setEpoch(2).build()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.acquire("here")).isInstanceOf(IllegalStateException.class);
    }
    assertThatThrownBy(() -> pool.open(TestPool.SHARDS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource
  void anotherNumberOfShardsIsRefused(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    ShardRecord foreign = ShardRecord.newBuilder().setEpoch(4).setPartitions(16).build();
    pool.append(
        pool.topics().manifests(), 0, Wire.SHARD_KEY.getBytes(UTF_8), foreign.toByteArray());
    try (ShardStore store = pool.open(0)) {
      assertThatThrownBy(() -> store.acquire("here"))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("16 shards")
          .hasMessageContaining("2 partitions");
    }
    assertThat(pool.records(pool.topics().manifests(), 0, false)).hasSize(1);
  }
}
