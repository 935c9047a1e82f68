package dev.skein.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.kafka.PlainClient.Event;
import dev.skein.cli.kafka.PlainClient.Place;
import org.junit.jupiter.api.Test;

class BusTurnTest {
  private final StringBuilder shown = new StringBuilder();
  private final BusTurn turn = new BusTurn(new Place("r", 3, 0), 0, shown::append);
  private long offset = 7;

  @Test
  void collectsTokensTextAndPlaces() {
    assertThat(take("{\"started\":true,\"attempt\":0}")).isFalse();
    assertThat(take("{\"index\":0,\"token\":12,\"text\":\"Once\"}")).isFalse();
    assertThat(take("{\"index\":1,\"token\":0,\"text\":\"\"}")).isFalse();
    assertThat(
            take(
                "{\"index\":2,\"done\":true,\"finish_reason\":\"stop\",\"text\":\".\",\"usage\":{\"prompt_tokens\":5}}"))
        .isTrue();
    assertThat(turn.tokens()).containsExactly(12, 0);
    assertThat(turn.promptTokens()).isEqualTo(5);
    assertThat(turn.place()).isEqualTo("t, partition 3, offsets 8..9");
    assertThat(shown.toString()).isEqualTo("Once.");
  }

  @Test
  void failsOnAGapAndOnARepeat() {
    take("{\"index\":0,\"token\":12,\"text\":\"Once\"}");
    assertThatThrownBy(() -> take("{\"index\":0,\"token\":12,\"text\":\"Once\"}"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("index 1 expected");
    assertThatThrownBy(() -> take("{\"index\":2,\"token\":9,\"text\":\"upon\"}"))
        .isInstanceOf(CommandFailure.class);
  }

  @Test
  void tellsWhyATurnFailed() {
    assertThatThrownBy(
            () -> take("{\"done\":true,\"error\":{\"code\":\"c\",\"message\":\"too long\"}}"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("too long");
  }

  @Test
  void digestsIdsAsFourBytesLittleEndian() {
    // printf '\001\000\000\000\000\002\000\000' | sha256sum
    assertThat(TokenDigest.of(new int[] {1}, new int[] {512}))
        .isEqualTo(TokenDigest.of(new int[] {1, 512}));
    assertThat(TokenDigest.of(new int[] {1, 512}))
        .isEqualTo("99fb3cc3089a84cd7dab716e7c722ec621ec4be866133d6c685b03d9aa660786");
  }

  private boolean take(String json) {
    return turn.take(new Event(new Place("t", 3, offset++), "demo", json, 1_000_000));
  }
}
