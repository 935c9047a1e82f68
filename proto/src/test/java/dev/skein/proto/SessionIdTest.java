package dev.skein.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionIdTest {

  @Test
  void mostTextsMayNameASession() throws BadRecordException {
    assertThat(SessionId.ofKey("tenant/alice 7 🪿".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("tenant/alice 7 🪿");
    assertThat(SessionId.check("a".repeat(Wire.SESSION_BYTES_MAX))).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", Wire.SHARD_KEY, "#x", "a\nb", "a\u0000"})
  void theseMayNot(String id) {
    assertThatThrownBy(() -> SessionId.check(id)).isInstanceOf(BadRecordException.class);
  }

  @Test
  void longIdsAndOtherBytesMayNot() {
    assertThatThrownBy(() -> SessionId.check("ä".repeat(257)))
        .isInstanceOf(BadRecordException.class);
    assertThatThrownBy(() -> SessionId.ofKey(new byte[] {'a', (byte) 0xff}))
        .isInstanceOf(BadRecordException.class)
        .hasMessageContaining("UTF-8");
  }
}
