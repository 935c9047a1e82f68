package dev.skein.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.web.HubClient;
import dev.skein.cli.web.HubSettings;
import dev.skein.cli.web.RecordedPauses;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ListingTest {
  private final RecordedPauses pauses = new RecordedPauses();
  private FakeHub hub;

  @BeforeEach
  void start() throws IOException {
    hub = new FakeHub();
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void allPagesAreReadWithLengthsAndDigests() throws IOException {
    byte[] a = hub.publish("bird/goose", "a.pth", 10);
    byte[] b = hub.publish("bird/goose", "b.pth", 20);
    hub.publish("bird/duck", "c.pth", 20);
    assertThat(files())
        .containsExactly(
            new RemoteFile("a.pth", 10, FakeHub.sha256(a)),
            new RemoteFile("b.pth", 20, FakeHub.sha256(b)));
  }

  @Test
  void troubleIsToldAndPassingTroubleTriedAgain() {
    hub.listingStatus(503);
    assertThatThrownBy(this::files).hasMessageContaining("503").hasMessageContaining("4 attempts");
    assertThat(pauses.pauses()).hasSize(3);
    hub.listingStatus(404);
    assertThatThrownBy(this::files).hasMessageContaining("does not have the listing of bird/goose");
  }

  private List<RemoteFile> files() throws IOException {
    HubSettings settings =
        HubSettings.of(Map.of(), hub.uri(), hub.uri()).withPatience(RecordedPauses.PATIENCE);
    try (HubClient client = new HubClient(settings)) {
      return new Listing(client, pauses).files("bird/goose");
    }
  }
}
