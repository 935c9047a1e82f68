package dev.skein.router.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.router.RouterException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyRingTest {
  /** Of the word {@code test}. */
  private static final String DIGEST =
      "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

  @Test
  void aKeyIsFoundByItsDigest() throws Exception {
    KeyRing ring =
        KeyRing.parse(List.of("# who", "", "tenant a streams=2 state_bytes=9", "key a " + DIGEST));
    KeyRing.Key key = Objects.requireNonNull(ring.find("test"));
    assertThat(key.tenant()).isEqualTo("a");
    assertThat(key.readOnly()).isFalse();
    assertThat(ring.find("tests")).isNull();
    Quotas quotas = Objects.requireNonNull(ring.tenants().get("a")).quotas();
    assertThat(quotas.streams()).isEqualTo(2);
    assertThat(quotas.stateBytes()).isEqualTo(9);
    assertThat(quotas.sessions()).isEqualTo(Quotas.UNLIMITED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tenant a|There is no key",
        "key a DIGEST|no line 'tenant'",
        "tenant A|lower-case",
        "tenant|lower-case",
        "tenant a streams=many|QUOTA=NUMBER",
        "tenant a rooms=3|no quota 'rooms'",
        "tenant a;tenant a|two lines",
        "tenant a;key a 1234|sha256:",
        "tenant a;key a sha256:12|64 hexadecimal",
        "tenant a;key a DIGEST access=write|access=read",
        "tenants a|begins with",
      })
  void aWrongLineIsOneSentence(String lines, String said) {
    assertThatThrownBy(() -> KeyRing.parse(List.of(lines.replace("DIGEST", DIGEST).split(";"))))
        .isInstanceOf(RouterException.class)
        .hasMessageContaining(said)
        .hasMessageEndingWith(".");
  }
}
