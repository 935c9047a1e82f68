package dev.skein.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicsTest {

  @Test
  void namesCarryThePool() {
    assertThat(Topics.main().all())
        .containsExactly(
            "skein.main.requests",
            "skein.main.controls",
            "skein.main.tokens",
            "skein.main.states",
            "skein.main.manifests",
            "skein.main.transcripts",
            "skein.main.imports",
            "skein.main.dead-letters");
    assertThat(new Topics("big-2").transactionalId(7)).isEqualTo("big-2-shard-7");
  }

  @Test
  void cardsOfOneNameInTwoPoolsHaveTwoKeys() {
    assertThat(Topics.main().cardKey("g1")).isEqualTo("g1");
    assertThat(new Topics("big-2").cardKey("g1")).isEqualTo("big-2/g1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Main", "a.b", "a_b", "-a", "a-", "a b", "ä"})
  void otherNamesAreRefusedInASentence(String pool) {
    assertThatThrownBy(() -> new Topics(pool))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + pool + "\"");
  }

  @Test
  void aNameHasAtMost64Characters() {
    assertThat(new Topics("a".repeat(64)).pool()).hasSize(64);
    assertThatThrownBy(() -> new Topics("a".repeat(65)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
