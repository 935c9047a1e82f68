package dev.skein.router.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.router.delivery.StreamEvent.StreamFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiErrorTest {

  private static ApiError of(String code) {
    return ApiError.of(new StreamFailure(code, "it is so"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fork_expired", "model_changed"})
  void clientsAskAgainWhereThatHelps(String code) {
    assertThat(of(code).status()).isEqualTo(503);
    assertThat(of(code).retryAfterSeconds()).isPositive();
    assertThat(of(code).neverRetry()).isFalse();
    assertThat(of(code).code()).isEqualTo(code);
  }

  @Test
  void clientsDoNotAskAgainWhereItDoesNot() {
    assertThat(of("fingerprint_mismatch").status()).isEqualTo(422);
    assertThat(of("fingerprint_mismatch").neverRetry()).isTrue();
  }
}
