package dev.skein.router.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Manifest;
import dev.skein.proto.Slot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolsTest {
  private final KnownSessions first = new KnownSessions();
  private final KnownSessions second = new KnownSessions();
  private final Pools pools = new Pools(List.of(new Pool("a", first), new Pool("b", second)));

  private static void put(KnownSessions log, String name, int bytes) {
    log.put(name, Manifest.newBuilder().addSlots(Slot.newBuilder().setBytes(bytes)).build());
  }

  private static List<String> words(Pools.Page page) {
    return page.entries().stream().map(e -> e.row().name() + "@" + e.pool().name()).toList();
  }

  private Pools.Page page(String after, int limit) {
    return pools.page("", after, limit).toCompletableFuture().join();
  }

  private String poolOf(String session) {
    return pools.of(session).toCompletableFuture().join().name();
  }

  @Test
  void aListGoesThroughAllPoolsByName() {
    put(first, "a1", 1);
    put(second, "a2", 1);
    put(first, "b", 1);
    put(second, "b", 1);
    put(second, "c", 1);
    assertThat(words(page("", 9))).containsExactly("a1@a", "a2@b", "b@a", "b@b", "c@b");
    List<String> all = new ArrayList<>();
    String after = "";
    boolean more = true;
    for (int limit = 1; more; limit = 3 - limit) {
      Pools.Page page = page(after, limit);
      all.addAll(words(page));
      after = page.entries().getLast().row().name();
      more = page.more();
    }
    assertThat(all).containsExactly("a1@a", "a2@b", "b@a", "b@b", "c@b");
    assertThat(page("c", 2).entries()).isEmpty();
    assertThat(page("c", 2).complete()).isTrue();
  }

  @Test
  void aSessionIsOfTheFirstPoolThatHasIt() {
    put(second, "x", 1);
    assertThat(poolOf("x")).isEqualTo("b");
    put(first, "x", 1);
    assertThat(poolOf("x")).isEqualTo("a");
    assertThat(poolOf("nobody's")).isEqualTo("a");
  }

  @Test
  void whatIsDeletedAgainReachesNoOther() {
    put(second, "y", 1);
    delete(second, "y");
    assertThat(poolOf("y")).as("the one that had it").isEqualTo("b");
    put(first, "x", 1);
    put(second, "x", 1);
    delete(first, "x");
    assertThat(poolOf("x")).isEqualTo("b");
    assertThat(pools.ever("x").toCompletableFuture().join().name()).isEqualTo("a");
    assertThat(pools.ever("y").toCompletableFuture().join().name()).isEqualTo("b");
    put(first, "y", 1);
    assertThat(pools.ever("y").toCompletableFuture().join().name()).isEqualTo("a");
  }

  private static void delete(KnownSessions log, String name) {
    log.put(name, Manifest.newBuilder().setDeleted(true).build());
  }

  @Test
  void whereThereIsOnePoolNothingIsLookedFor() {
    Pools one = new Pools(List.of(new Pool("a", first)));
    assertThat(one.of("x").toCompletableFuture().join().name()).isEqualTo("a");
    assertThat(first.questions).isZero();
    assertThat(one.mark("a")).isEmpty();
    assertThat(pools.mark("a")).isEqualTo("a");
  }

  @Test
  void whatATenantStoresIsCountedOverAllPools() {
    put(first, "@t/x", 3);
    put(second, "@t/x", 4);
    put(second, "@t/y", 5);
    assertThat(pools.sessions("@t/")).isEqualTo(3);
    assertThat(pools.stateBytes("@t/")).isEqualTo(12);
    assertThat(pools.knows("b", "@t/y")).isTrue();
    assertThat(pools.knows("a", "@t/y")).as("it would be a new one there").isFalse();
  }
}
