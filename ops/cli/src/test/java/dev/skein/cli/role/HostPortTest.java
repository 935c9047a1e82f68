package dev.skein.cli.role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.CommandFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {
  @Test
  void readsHostAndPort() {
    assertThat(HostPort.loopback("--bind", "127.0.0.1:7001"))
        .isEqualTo(new HostPort("127.0.0.1", 7001));
    assertThat(HostPort.parse("--advertise", "worker-1.example:7001"))
        .hasToString("worker-1.example:7001");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "7001", ":7001", "localhost", "localhost:", "localhost:70000", "a:-1"})
  void saysWhatIsWrong(String text) {
    assertThatThrownBy(() -> HostPort.parse("--bind", text))
        .isInstanceOf(CommandFailure.class)
        .hasMessage("--bind must be HOST:PORT, and is '" + text + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0:7001", "192.0.2.7:7001"})
  void listensOnThisMachineOnly(String text) {
    assertThatThrownBy(() -> HostPort.loopback("--bind", text))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("loopback")
        .hasMessageContaining(text);
  }
}
