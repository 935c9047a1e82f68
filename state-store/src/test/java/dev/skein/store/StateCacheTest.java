package dev.skein.store;

import static dev.skein.store.Samples.snapshot;
import static dev.skein.store.Samples.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.proto.SamplerState;
import dev.skein.proto.Slot;
import dev.skein.proto.Snapshot;
import dev.skein.proto.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is near is used, bounded, and never believed without a look. */
class StateCacheTest {
  private static final int STATE_BYTES = 10_000;

  private final InMemoryCluster cluster = new InMemoryCluster(Topics.main(), 1);
  @TempDir Path folder;

  private ShardStore open(@Nullable StateCache cache) throws StoreException {
    ShardStore store =
        new LogShardStore(cluster.topics(), 0, 1, cluster.log(0), KnownManifests::new, cache);
    store.acquire("here");
    return store;
  }

  private Slot write(int seed) throws Exception {
    try (StateCache cache = StateCache.in(folder, 1 << 20);
        ShardStore store = open(cache)) {
      Slot slot = stored(store, "alice", seed, snapshot(STATE_BYTES, seed));
      store.commit();
      return slot;
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void aSnapshotThatIsNearIsNotReadFromTheLog() throws Exception {
    Slot slot = write(1);
    cluster.truncate(cluster.topics().states(), 0, cluster.end(cluster.topics().states(), 0));
    try (StateCache cache = StateCache.in(folder, 1 << 20);
        ShardStore store = open(cache)) {
      assertThat(store.load(0, "alice", slot)).isEqualTo(snapshot(STATE_BYTES, 1));
      assertThat(cache.hits()).isEqualTo(1);
    }
    try (ShardStore far = open(null)) {
      assertThatThrownBy(() -> far.load(0, "alice", slot))
          .isInstanceOf(SnapshotUnavailableException.class);
    }
  }

  @Test
  void theMiddleOfATurnIsNotKept() throws Exception {
    Snapshot middle =
        snapshot(STATE_BYTES, 1).toBuilder().setSampler(SamplerState.newBuilder()).build();
    try (StateCache cache = StateCache.in(folder, 1 << 20);
        ShardStore store = open(cache)) {
      Slot slot = stored(store, "alice", 1, middle);
      store.commit();
      assertThat(store.load(0, "alice", slot)).isEqualTo(middle);
      assertThat(cache.hits()).isZero();
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void aDamagedFileIsNotBelieved() throws Exception {
    Slot slot = write(1);
    Path file = files().getFirst();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    try (StateCache cache = StateCache.in(folder, 1 << 20);
        ShardStore store = open(cache)) {
      assertThat(store.load(0, "alice", slot)).isEqualTo(snapshot(STATE_BYTES, 1));
      assertThat(cache.hits()).isZero();
    }
    try (StateCache cache = StateCache.in(folder, 1 << 20);
        ShardStore store = open(cache)) {
      assertThat(store.load(0, "alice", slot)).isEqualTo(snapshot(STATE_BYTES, 1));
      assertThat(cache.hits()).as("what was read from the log is near again").isEqualTo(1);
    }
  }

  @Test
  void itHoldsNoMoreThanItMay() throws Exception {
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      slots.add(write(i));
    }
    long two = 2 * slots.getFirst().getBytes() + 1;
    try (StateCache cache = StateCache.in(folder, two);
        ShardStore store = open(cache)) {
      assertThat(files()).hasSize(2);
      assertThat(cache.bytes()).isLessThanOrEqualTo(two);
      for (int i = 0; i < 4; i++) {
        assertThat(store.load(0, "alice", slots.get(i))).isEqualTo(snapshot(STATE_BYTES, i));
      }
    }
    assertThat(files()).hasSize(2);
  }
}
