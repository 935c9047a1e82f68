package dev.skein.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.web.HubException;
import dev.skein.cli.web.HubSettings;
import dev.skein.cli.web.Proxies;
import dev.skein.cli.web.Sizes;
import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubAddressTest {
  private final HubSettings settings = settings(Map.of());

  private static HubSettings settings(Map<String, String> environment) {
    try {
      return HubSettings.of(
          environment, URI.create("https://hub.example"), URI.create("https://scope.example"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "hf://a/b/c.pth, https://hub.example/a/b/resolve/main/c.pth, c.pth",
    "hf://a/b@v1/d/c.pth, https://hub.example/a/b/resolve/v1/d/c.pth, d/c.pth",
    "hf://spaces/a/b/c.json, https://hub.example/spaces/a/b/resolve/main/c.json, c.json",
    "hf://a/b/Eng98%-1.pth, https://hub.example/a/b/resolve/main/Eng98%25-1.pth, Eng98%-1.pth",
    "ms://a/b/c.pth, https://scope.example/models/a/b/resolve/master/c.pth, c.pth",
    "https://hub.example/a/b/blob/main/c.pth?download=true,"
        + " https://hub.example/a/b/resolve/main/c.pth, c.pth",
    "https://else.example/x/c%20d.pth?y=1, https://else.example/x/c%20d.pth?y=1, c d.pth",
  })
  void addressesAreRead(String text, String uri, String file) throws IOException {
    HubAddress address = HubAddress.parse(text, settings);
    assertThat(address.uri()).hasToString(uri);
    assertThat(address.file()).isEqualTo(file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf://a",
        "hf://a/b",
        "hf://a/b/",
        "hf://a/b/../c.pth",
        "hf://a/b/x/../../c.pth",
        "hf://../b/c.pth",
        "hf://a/b/x\\c.pth",
        "hf://a/b/c\n.pth",
        "ftp://a/b/c.pth",
        "https://",
        "https://user:secret@host/c.pth",
        "https://host/",
        "https://host/..%2Fc.pth",
        "https://host/%2e%2e",
        "nothing at all",
      })
  void othersAreRefusedInOneLine(String text) {
    assertThatThrownBy(() -> HubAddress.parse(text, settings))
        .isInstanceOf(HubException.class)
        .hasMessageNotContaining("null");
  }

  @Test
  void theEnvironmentNamesAnotherHub() throws IOException {
    HubSettings other =
        settings(Map.of("HF_ENDPOINT", "https://copies.example/", "HF_TOKEN", " t "));
    assertThat(HubAddress.of("a/b", "c.pth", other).uri())
        .hasToString("https://copies.example/a/b/resolve/main/c.pth");
    assertThat(other.token()).isEqualTo("t");
    assertThatThrownBy(
            () -> HubSettings.of(Map.of("HF_ENDPOINT", "mirror"), settings.hub(), settings.hub()))
        .hasMessageContaining("HF_ENDPOINT must be an address");
    assertThatThrownBy(
            () -> HubSettings.of(Map.of("HF_TOKEN", "a\nb"), settings.hub(), settings.hub()))
        .hasMessageContaining("HF_TOKEN");
  }

  @Test
  void proxiesAreThoseOfTheEnvironment() throws IOException {
    Proxies proxies =
        Proxies.of(
            Map.of(
                "HTTPS_PROXY", "http://proxy.example:3128",
                "no_proxy", "inside.example, .else.example, other.example:8443"));
    assertThat(proxies.select(URI.create("https://hub.example/")).getFirst().address())
        .hasToString("proxy.example/<unresolved>:3128");
    for (String direct :
        new String[] {
          "http://hub.example/",
          "https://inside.example/",
          "https://a.inside.example/",
          "https://x.else.example/",
          "https://other.example:8443/"
        }) {
      assertThat(proxies.select(URI.create(direct))).as(direct).containsExactly(Proxy.NO_PROXY);
    }
    assertThat(proxies.select(URI.create("https://notinside.example/")).getFirst())
        .isNotEqualTo(Proxy.NO_PROXY);
    assertThatThrownBy(() -> Proxies.of(Map.of("HTTPS_PROXY", "http://u:p@proxy:1")))
        .hasMessageContaining("HTTPS_PROXY")
        .hasMessageNotContaining("u:p");
  }

  @Test
  void theBarTellsHowMuchHowFastAndHowLong() {
    assertThat(DownloadBar.line("x.pth", 450_000_000, 900_000_000, 10_000_000))
        .isEqualTo(
            "fetching x.pth [############            ]  50 %  450 MB of 900 MB  10.0 MB/s  0:45 left");
    assertThat(DownloadBar.line("x.pth", 2_000, 0, 1_000))
        .isEqualTo("fetching x.pth  2.00 kB  1.00 kB/s");
    assertThat(Sizes.clock(3 * 3600 + 61)).isEqualTo("3:01:01");
    assertThat(Sizes.of(999)).isEqualTo("999 B");
    assertThat(Sizes.of(26_540_868_485L)).isEqualTo("26.5 GB");
    assertThat(Sizes.seconds(Duration.ofMillis(200))).isEqualTo("0.2 s");
  }
}
