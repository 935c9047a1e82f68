package dev.skein.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardsTest {

  @ParameterizedTest
  @CsvSource({
    "21, -973932308",
    "foobar, -790332482",
    "a-little-bit-long-string, -985981536",
    "a-little-bit-longer-string, -1486304829",
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8, -58897971",
    "abc, 479470107"
  })
  void hashIsTheOneThatIsPublishedForTheJavaClient(String key, int hash) {
    assertThat(Shards.murmur2(key.getBytes(StandardCharsets.UTF_8))).isEqualTo(hash);
  }

  @ParameterizedTest
  @CsvSource({"alice, 16, 5", "bob, 16, 14", "alice, 32, 21", "Ünïcödé-日本, 16, 4", "a, 1, 0"})
  void shardsOfSessionsNeverChange(String session, int shards, int shard) {
    assertThat(Shards.of(session, shards)).isEqualTo(shard);
  }

  @Test
  void agreesWithTheJavaClientOnRandomKeysOfEveryLength() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] key = new byte[i % 70];
      random.nextBytes(key);
      int shards = 1 + random.nextInt(256);
      assertThat(Shards.murmur2(key)).isEqualTo(Utils.murmur2(key));
      assertThat(Shards.of(key, shards)).isEqualTo(BuiltInPartitioner.partitionForKey(key, shards));
    }
  }

  @Test
  void refusesAPoolWithoutShards() {
    assertThatThrownBy(() -> Shards.of("alice", 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
