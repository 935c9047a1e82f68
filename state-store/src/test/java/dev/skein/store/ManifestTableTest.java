package dev.skein.store;

import static dev.skein.store.Samples.manifest;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ManifestTableTest {

  private static byte[] session(int number) {
    return ("session-" + number).getBytes(UTF_8);
  }

  @Test
  void findsTheLastOffsetOfEachSession() {
    ManifestTable table = new ManifestTable();
    Map<Integer, Long> expected = new HashMap<>();
    SplittableRandom random = new SplittableRandom(1);
    for (long offset = 0; offset < 100_000; offset++) {
      int number = random.nextInt(40_000);
      table.put(session(number), offset);
      expected.put(number, offset);
    }
    assertThat(table.size()).isEqualTo(expected.size());
    for (int number = 0; number < 40_000; number++) {
      assertThat(table.find(session(number))).isEqualTo(expected.getOrDefault(number, -1L));
    }
  }

  @Test
  void hashesThatFallOnOnePlaceStaySeparate() {
    ManifestTable table = new ManifestTable(key -> (long) key.length << 40);
    table.put("a".getBytes(UTF_8), 1);
    table.put("bb".getBytes(UTF_8), 2);
    assertThat(table.find("x".getBytes(UTF_8))).isEqualTo(1);
    assertThat(table.find("yy".getBytes(UTF_8))).isEqualTo(2);
    assertThat(table.find("zzz".getBytes(UTF_8))).isEqualTo(-1);
  }

  /**
   * Every session has the same hash here: the table points to the wrong record for all but one of
   * them.
   */
  @Test
  void sessionsOfTheSameHashAreNeverTakenForEachOther() throws Exception {
    InMemoryCluster cluster = new InMemoryCluster(Topics.main(), 1);
    try (ShardStore first = cluster.open(0)) {
      first.acquire("first");
      for (int i = 0; i < 20; i++) {
        first.store(manifest("s" + i, i));
      }
      first.commit();
    }
    try (ShardStore second =
        new LogShardStore(
            Topics.main(),
            0,
            1,
            cluster.log(0),
            () -> new KnownManifests(new ManifestTable(key -> 7)),
            null)) {
      second.acquire("second");
      for (int i = 0; i < 20; i++) {
        assertThat(second.manifest("s" + i)).isEqualTo(manifest("s" + i, i));
        assertThat(second.manifest("unknown")).isNull();
      }
      second.store(manifest("s3", 33));
      second.store(manifest("new", 1));
      second.commit();
      assertThat(second.manifest("s3")).isEqualTo(manifest("s3", 33));
      assertThat(second.manifest("new")).isEqualTo(manifest("new", 1));
      assertThat(second.manifest("s4")).isEqualTo(manifest("s4", 4));
      second.store(manifest("unknown", 2));
      second.commit();
      assertThat(second.manifest("unknown")).isEqualTo(manifest("unknown", 2));
    }
  }
}
