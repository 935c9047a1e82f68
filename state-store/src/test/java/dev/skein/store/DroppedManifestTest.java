package dev.skein.store;

import static dev.skein.store.Samples.manifest;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A session that is forgotten is unknown to everybody. */
class DroppedManifestTest {

  @ParameterizedTest
  @EnumSource
  void aManifestThatIsDroppedIsGoneForTheNextOwnerToo(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    try (ShardStore first = pool.open(0)) {
      first.acquire("first");
      first.store(manifest("alice", 1));
      first.store(manifest("bob", 1));
      first.commit();
      first.dropManifest("alice");
      assertThat(first.manifest("alice")).isNull();
      first.commit();
      assertThat(first.manifest("alice")).isNull();
    }
    try (ShardStore next = pool.open(0)) {
      next.acquire("next");
      assertThat(next.manifest("alice")).isNull();
      assertThat(next.manifest("bob")).isEqualTo(manifest("bob", 1));
    }
  }
}
