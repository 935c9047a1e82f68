package dev.skein.store;

import static dev.skein.store.Samples.manifest;
import static dev.skein.store.Samples.snapshot;
import static dev.skein.store.Samples.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.skein.proto.Slot;
import dev.skein.store.kafka.TestBroker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

/** How large {@code states} grows on a broker under the policies of the pool. */
class StatesSizeTest {
  private static final int SEGMENT_BYTES = 1 << 20;
  private static final int STATE_BYTES = 64 << 10;
  private static final int SESSIONS = 6;
  private static final int SLOTS = 4;
  private static final int TIMES_WRITTEN = 20;
  private static final int TIMES_KEPT_MAX = 4;

  private final Deque<Integer> free = new ArrayDeque<>(List.of(0, 1, 2, 3, 4));

  @Test
  void whatNoManifestNamesIsCollected() throws Exception {
    TestPool pool = TestPool.On.KAFKA.newPool();
    shortenSegments(pool.topics().states());
    List<List<Slot>> named = new ArrayList<>();
    try (ShardStore store = pool.open(0)) {
      store.acquire("here");
      for (int i = 0; i < SESSIONS; i++) {
        named.add(new ArrayList<>());
      }
      for (int round = 0; round < TIMES_WRITTEN * SLOTS; round++) {
        write(store, named, round);
      }
      long live = named.stream().flatMap(List::stream).mapToLong(Slot::getBytes).sum();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(bytes(pool.topics().states()))
                  .isLessThanOrEqualTo(TIMES_KEPT_MAX * live + 2L * SEGMENT_BYTES));
      System.out.printf(
          "states: %,d bytes, of which %,d live, after %,d were written%n",
          bytes(pool.topics().states()), live, TIMES_WRITTEN * live);
      for (int i = 0; i < SESSIONS; i++) {
        for (Slot slot : named.get(i)) {
          assertThat(store.load(0, "session-" + i, slot).getState()).isNotEmpty();
        }
      }
    }
  }

  /** A snapshot of every session into the slot that no manifest names. */
  private void write(ShardStore store, List<List<Slot>> named, int round) throws Exception {
    int slot = free.remove();
    for (int i = 0; i < SESSIONS; i++) {
      Slot stored = stored(store, "session-" + i, slot, snapshot(STATE_BYTES, round * 31L + i));
      List<Slot> slots = named.get(i);
      slots.add(stored);
      if (slots.size() > SLOTS) {
        slots.removeFirst();
      }
      store.store(manifest("session-" + i, round).toBuilder().addAllSlots(slots).build());
    }
    store.commit();
    if (free.isEmpty()) {
      free.add((slot + 1) % (SLOTS + 1));
    }
  }

  private static void shortenSegments(String topic) throws Exception {
    AlterConfigOp change =
        new AlterConfigOp(
            new ConfigEntry("segment.bytes", Integer.toString(SEGMENT_BYTES)),
            AlterConfigOp.OpType.SET);
    try (Admin admin = Admin.create(TestBroker.clients())) {
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), List.of(change)))
          .all()
          .get();
    }
  }

  private static long bytes(String topic) throws Exception {
    try (Admin admin = Admin.create(TestBroker.clients())) {
      return admin.describeLogDirs(List.of(1)).allDescriptions().get().values().stream()
          .flatMap(broker -> broker.values().stream())
          .mapToLong(folder -> {
            var replica = folder.replicaInfos().get(new TopicPartition(topic, 0));
            return replica == null ? 0 : replica.size();
          })
          .sum();
    }
  }
}
