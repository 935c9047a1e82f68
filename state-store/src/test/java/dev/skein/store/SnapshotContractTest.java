package dev.skein.store;

import static dev.skein.store.Samples.event;
import static dev.skein.store.Samples.manifest;
import static dev.skein.store.Samples.snapshot;
import static dev.skein.store.Samples.stored;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A snapshot is believed only if offsets, keys and digest say that it is the one; on Kafka and on
 * its twin.
 */
class SnapshotContractTest {

  private static void isUnavailable(ShardStore store, String session, Slot slot) throws Exception {
    assertThatThrownBy(() -> store.load(0, session, slot))
        .isInstanceOf(SnapshotUnavailableException.class)
        .hasMessageContaining(session);
    assertThat(store.failure()).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void theDigestIsChecked(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      Slot slot = stored(store, "alice", 0, snapshot(600_000, 1));
      Slot other = stored(store, "alice", 0, snapshot(600_000, 2));
      isUnavailable(store, "alice", slot.toBuilder().setDigest(other.getDigest()).build());
      isUnavailable(store, "alice", slot.toBuilder().setDigest(ByteString.EMPTY).build());
      isUnavailable(
          store, "alice", slot.toBuilder().setChunkOffsets(1, other.getChunkOffsets(1)).build());
      isUnavailable(store, "alice", slot.toBuilder().setBytes(slot.getBytes() - 1).build());
      isUnavailable(store, "alice", slot.toBuilder().setBytes(slot.getBytes() + 1).build());
      isUnavailable(store, "alice", slot.toBuilder().setBytes(Long.MAX_VALUE).build());
      isUnavailable(store, "alice", slot.toBuilder().clearChunkOffsets().build());
      assertThat(store.load(0, "alice", slot)).isEqualTo(snapshot(600_000, 1));
      assertThat(store.load(0, "alice", other)).isEqualTo(snapshot(600_000, 2));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theKeyIsChecked(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      Slot slot = stored(store, "alice", 1, snapshot(1000, 1));
      store.commit();
      isUnavailable(store, "bob", slot);
      isUnavailable(store, "alice", slot.toBuilder().setSlot(2).build());
      assertThat(store.load(0, "alice", slot)).isEqualTo(snapshot(1000, 1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theOffsetIsChecked(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      Slot slot = stored(store, "alice", 0, snapshot(1000, 1));
      store.commit();
      Slot next = stored(store, "alice", 0, snapshot(1000, 1));
      store.commit();
      long marker = slot.getChunkOffsets(0) + 1;
      assertThat(next.getChunkOffsets(0)).isEqualTo(marker + 1);
      isUnavailable(store, "alice", slot.toBuilder().setChunkOffsets(0, marker).build());
      isUnavailable(store, "alice", slot.toBuilder().setChunkOffsets(0, marker + 2).build());
      isUnavailable(store, "alice", slot.toBuilder().setChunkOffsets(0, 1_000_000).build());
      assertThat(store.load(0, "alice", next)).isEqualTo(snapshot(1000, 1));
    }
  }

  @ParameterizedTest
  @EnumSource
  void commitsInTheMiddleOfASnapshotDoNoHarm(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    CompletableFuture<Slot> done = new CompletableFuture<>();
    Samples.Heard heard = new Samples.Heard();
    try (ShardStore first = pool.open(0)) {
      first.acquire("first");
      first.store("alice", 0, snapshot(12_000_000, 1), done::complete);
      for (int i = 0; i < 200 && !done.isDone(); i++) {
        first.publish(event("bob", i), false, heard);
        first.commit();
      }
      Slot slot = done.get(30, TimeUnit.SECONDS);
      first.store(manifest("alice", 1).toBuilder().addSlots(slot).build());
      first.commit();
    }
    try (ShardStore second = pool.open(0)) {
      second.acquire("second");
      Manifest manifest = requireNonNull(second.manifest("alice"));
      assertThat(second.load(0, "alice", manifest.getSlots(0)).equals(snapshot(12_000_000, 1)))
          .isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void severalSnapshotsGoTheirWayTogether(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      List<CompletableFuture<Slot>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        CompletableFuture<Slot> done = new CompletableFuture<>();
        all.add(done);
        store.store("s" + i, 0, snapshot(700_000, i), done::complete);
      }
      for (int i = 0; i < 8; i++) {
        Slot slot = all.get(i).get(30, TimeUnit.SECONDS);
        assertThat(store.load(0, "s" + i, slot)).isEqualTo(snapshot(700_000, i));
      }
      store.commit();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSnapshotOfAnySizeComesBack(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    int[] sizes = {0, 1, 200_000, SnapshotChunks.CHUNK_BYTES, 2_400_000, 35_000_000};
    Slot[] slots = new Slot[sizes.length];
    try (ShardStore first = pool.open(0)) {
      first.acquire("first");
      for (int i = 0; i < sizes.length; i++) {
        slots[i] = stored(first, "tenant/alice", i, snapshot(sizes[i], i));
        assertThat(slots[i].getSlot()).isEqualTo(i);
        assertThat(slots[i].getPosition().getTurn()).isEqualTo(3);
        assertThat(slots[i].getTokensRead()).isEqualTo(99);
        assertThat(slots[i].getBytes()).isEqualTo(snapshot(sizes[i], i).getSerializedSize());
      }
      assertThat(first.load(0, "tenant/alice", slots[4])).isEqualTo(snapshot(sizes[4], 4));
      first.commit();
    }
    try (ShardStore second = pool.open(0)) {
      second.acquire("second");
      for (int i = sizes.length - 1; i >= 0; i--) {
        assertThat(second.load(0, "tenant/alice", slots[i]).equals(snapshot(sizes[i], i)))
            .as("%d bytes", sizes[i])
            .isTrue();
      }
    }
  }
}
