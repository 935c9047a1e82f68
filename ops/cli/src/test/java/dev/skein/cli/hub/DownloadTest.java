package dev.skein.cli.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.hub.FakeHub.Fault;
import dev.skein.cli.web.HubClient;
import dev.skein.cli.web.HubException;
import dev.skein.cli.web.HubSettings;
import dev.skein.cli.web.RecordedPauses;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
  private static final String REPOSITORY = "bird/goose";
  private static final String FILE = "goose.pth";
  private static final int SIZE = 300_000;

  @TempDir Path folder;
  private final RecordedPauses pauses = new RecordedPauses();
  private FakeHub hub;
  private byte[] content;
  private long space = 1L << 40;
  private Map<String, String> environment = Map.of();

  @BeforeEach
  void start() throws IOException {
    hub = new FakeHub();
    content = hub.publish(REPOSITORY, FILE, SIZE);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void aFileArrivesWholeThroughARedirect() throws IOException {
    long[] last = new long[2];
    String sha =
        fetch(
            order(SIZE, FakeHub.sha256(content)),
            (done, total) -> {
              last[0] = done;
              last[1] = total;
            });
    assertThat(target()).hasBinaryContent(content);
    assertThat(sha).isEqualTo(FakeHub.sha256(content));
    assertThat(last).containsExactly(SIZE, SIZE);
    assertNothingElse();
  }

  @Test
  void theTokenGoesToTheHubAlone() throws IOException {
    environment = Map.of("HF_TOKEN", "hf_secret");
    fetch(order(0, null));
    assertThat(hub.seen()).hasSize(2);
    assertThat(hub.seen().get(0).server()).isEqualTo("hub");
    assertThat(hub.seen().get(0).header("Authorization")).isEqualTo("Bearer hf_secret");
    assertThat(hub.seen().get(1).server()).isEqualTo("store");
    assertThat(hub.seen().get(1).headers().toString()).doesNotContain("hf_secret");
  }

  @Test
  void aPlainAddressElsewhereGetsNoToken() throws IOException {
    environment = Map.of("HF_TOKEN", "hf_secret");
    fetch(new Download.Order(uriOfStore(), target(), 0, null));
    assertThat(target()).hasBinaryContent(content);
    assertThat(hub.seen()).hasSize(1);
    assertThat(hub.seen().getFirst().headers().toString()).doesNotContain("hf_secret");
  }

  @Test
  void aBrokenLineGoesOnWhereItBroke() throws IOException {
    hub.fail(Fault.BREAK);
    fetch(order(SIZE, FakeHub.sha256(content)));
    assertThat(target()).hasBinaryContent(content);
    List<FakeHub.Seen> requests = hub.seenForBytes();
    assertThat(requests).hasSize(2);
    assertThat(requests.get(0).header("Range")).isEmpty();
    assertThat(requests.get(1).header("Range")).isEqualTo("bytes=" + SIZE / 2 + "-");
    assertThat(pauses.pauses()).containsExactly(Duration.ofSeconds(1));
  }

  @Test
  void aStalledLineIsGivenUpAndGoesOn() throws IOException {
    hub.fail(Fault.STALL, Fault.SILENCE);
    fetch(order(SIZE, FakeHub.sha256(content)));
    assertThat(target()).hasBinaryContent(content);
    assertThat(hub.seenForBytes()).hasSize(3);
  }

  @Test
  void aLineThatStaysStalledIsAClearErrorAndTheRestWaitsForTheNextCall() throws IOException {
    hub.fail(Fault.STALL, Fault.SILENCE, Fault.SILENCE, Fault.SILENCE);
    assertFails(order(SIZE, null), "does not answer within 2 s", "goose.pth", "4 attempts");
    assertThat(folder.resolve("goose.pth.part")).hasSize(SIZE / 2);
    fetch(order(SIZE, FakeHub.sha256(content)));
    assertThat(target()).hasBinaryContent(content);
    assertThat(hub.seenForBytes().getLast().header("Range")).isEqualTo("bytes=" + SIZE / 2 + "-");
    assertNothingElse();
  }

  @Test
  void aWholeFileInsteadOfTheRangeStartsAgain() throws IOException {
    hub.fail(Fault.BREAK, Fault.IGNORE_RANGE);
    fetch(order(SIZE, FakeHub.sha256(content)));
    assertThat(target()).hasBinaryContent(content);
    assertThat(hub.seenForBytes()).hasSize(2);
  }

  @Test
  void anotherContentStartsAgain() throws IOException {
    leaveHalf();
    byte[] other = hub.replace(REPOSITORY, FILE, SIZE);
    fetch(order(0, null));
    assertThat(target()).hasBinaryContent(other);
    assertThat(hub.seenForBytes().getLast().header("Range")).isEmpty();
  }

  @Test
  void aPartOfUnknownContentIsWorthNothing() throws IOException {
    Files.write(folder.resolve("goose.pth.part"), new byte[1000]);
    fetch(order(SIZE, FakeHub.sha256(content)));
    assertThat(target()).hasBinaryContent(content);
    assertThat(hub.seenForBytes().getFirst().header("Range")).isEmpty();
  }

  @Test
  void aPartThatWasSpoiledOnDiskStartsAgain() throws IOException {
    leaveHalf();
    Path part = folder.resolve("goose.pth.part");
    byte[] spoiled = Files.readAllBytes(part);
    spoiled[17] ^= 1;
    Files.write(part, spoiled);
    fetch(order(SIZE, FakeHub.sha256(content)));
    assertThat(target()).hasBinaryContent(content);
  }

  @Test
  void aPartThatIsWholeOnlyNeedsItsName() throws IOException {
    Files.write(folder.resolve("goose.pth.part"), content);
    Files.writeString(folder.resolve("goose.pth.part.etag"), FakeHub.sha256(content));
    fetch(order(SIZE, FakeHub.sha256(content)));
    assertThat(target()).hasBinaryContent(content);
    assertNothingElse();
  }

  @Test
  void aPartLongerThanTheFileStartsAgain() throws IOException {
    Files.write(folder.resolve("goose.pth.part"), new byte[SIZE + 5]);
    Files.writeString(folder.resolve("goose.pth.part.etag"), FakeHub.sha256(content));
    fetch(order(SIZE, FakeHub.sha256(content)));
    assertThat(target()).hasBinaryContent(content);
  }

  @Test
  void anotherRangeThanAskedIsRefused() throws IOException {
    hub.fail(Fault.BREAK, Fault.WRONG_RANGE);
    assertFails(order(SIZE, null), "another part");
  }

  @Test
  void aWrongLengthIsRefusedBeforeAnythingIsWritten() throws IOException {
    hub.fail(Fault.SHORT_FILE);
    assertFails(order(SIZE, null), "wrong length", "300000", "299990");
    assertThat(folder).isEmptyDirectory();
    hub.lieAboutSize(SIZE + 1);
    assertFails(order(0, null), "wrong length", "300001");
  }

  @Test
  void aWrongDigestIsRefusedAndDeleted() throws IOException {
    hub.fail(Fault.WRONG_BYTE);
    assertFails(order(SIZE, FakeHub.sha256(content)), "damaged", FakeHub.sha256(content));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void theDigestOfTheHubsHeaderCounts() throws IOException {
    hub.lieAboutDigest("ab".repeat(32));
    assertFails(order(0, null), "damaged", "ab".repeat(32));
    assertFails(order(0, FakeHub.sha256(content)), "not the file that was expected");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aPageIsNoFile() throws IOException {
    hub.fail(Fault.LOGIN_PAGE);
    assertFails(order(SIZE, null), "web page instead of goose.pth");
    hub.fail(Fault.SECRET_LOGIN_PAGE);
    assertFails(order(SIZE, null), "web page instead of goose.pth");
  }

  @Test
  void gitsNoteIsNoFile() throws IOException {
    hub.publish(
        REPOSITORY, "note.pth", "version https://git-lfs.github.com/spec/v1\n".getBytes(UTF_8));
    URI uri = URI.create(hub.uri() + "/" + REPOSITORY + "/resolve/main/note.pth");
    assertFails(new Download.Order(uri, target(), 0, null), "git's note");
  }

  @Test
  void refusedAccessSaysWhatToDo() throws IOException {
    hub.fail(Fault.UNAUTHORIZED);
    assertFails(order(0, null), "refuses access", "401", "licence", "HF_TOKEN");
    environment = Map.of("HF_TOKEN", "hf_old");
    hub.fail(Fault.FORBIDDEN);
    assertFails(order(0, null), "403", "token in HF_TOKEN is not accepted");
    assertThat(pauses.pauses()).isEmpty();
  }

  @Test
  void aFileThatIsNotThereIsSaidAtOnce() throws IOException {
    hub.fail(Fault.NOT_FOUND);
    assertFails(order(0, null), "does not have goose.pth (404)");
    assertThat(hub.seenForBytes()).hasSize(1);
  }

  @Test
  void tooManyRequestsWaitAsLongAsTheServerAsks() throws IOException {
    hub.fail(Fault.TOO_MANY);
    fetch(order(SIZE, null));
    assertThat(pauses.pauses()).containsExactly(Duration.ofSeconds(7));
  }

  @Test
  void nobodyWaitsAnHour() throws IOException {
    hub.fail(Fault.TOO_MANY_FOR_AN_HOUR);
    assertFails(order(SIZE, null), "429", "in 3600 s");
    assertThat(pauses.pauses()).isEmpty();
  }

  @Test
  void aServerInTroubleIsAskedAgainAndAgainButNotForEver() throws IOException {
    hub.fail(Fault.ERROR_500, Fault.ERROR_500);
    fetch(order(SIZE, null));
    assertThat(pauses.pauses()).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
    Files.delete(target());
    hub.fail(Fault.ERROR_500, Fault.ERROR_500, Fault.ERROR_500, Fault.ERROR_500, Fault.ERROR_500);
    assertFails(order(SIZE, null), "in trouble (500)", "4 attempts");
  }

  @Test
  void aFullDiskIsSeenBefore() throws IOException {
    space = SIZE;
    assertFails(
        order(SIZE, null), "not enough room for goose.pth", "SKEIN_HOME", folder.toString());
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aServerThatIsAwayIsSaidAtOnce() throws IOException {
    URI nobody = hub.uri();
    hub.close();
    assertFails(
        new Download.Order(URI.create(nobody + "/x"), target(), 0, null),
        "cannot reach 127.0.0.1",
        "skein model import FILE");
    assertThat(pauses.pauses()).isEmpty();
  }

  @Test
  void offlineAsksNobody() throws IOException {
    environment = Map.of("SKEIN_OFFLINE", "1");
    assertFails(order(0, null), "the network is not to be used");
    assertThat(hub.seen()).isEmpty();
  }

  @Test
  void aProxyOfTheEnvironmentIsUsedUnlessExcepted() throws IOException {
    environment = Map.of("http_proxy", hub.storeUri().toString());
    URI elsewhere =
        URI.create("http://models.invalid/blob/" + REPOSITORY + "/resolve/main/" + FILE);
    fetch(new Download.Order(elsewhere, target(), SIZE, FakeHub.sha256(content)));
    assertThat(hub.seen().getFirst().path()).startsWith("http://models.invalid/");
    Files.delete(target());
    environment = Map.of("http_proxy", hub.storeUri().toString(), "NO_PROXY", "localhost,.invalid");
    assertFails(new Download.Order(elsewhere, target(), 0, null), "cannot reach models.invalid");
  }

  private void leaveHalf() throws IOException {
    hub.fail(Fault.BREAK, Fault.NOT_FOUND);
    assertFails(order(0, null), "404");
    assertThat(folder.resolve("goose.pth.part")).hasSize(SIZE / 2);
  }

  private URI uriOfStore() {
    return URI.create(hub.storeUri() + "/blob/" + REPOSITORY + "/resolve/main/" + FILE);
  }

  private Path target() {
    return folder.resolve(FILE);
  }

  private Download.Order order(long bytes, @Nullable String sha256) {
    URI uri = URI.create(hub.uri() + "/" + REPOSITORY + "/resolve/main/" + FILE);
    return new Download.Order(uri, target(), bytes, sha256);
  }

  private String fetch(Download.Order order) throws IOException {
    return fetch(order, (done, total) -> {});
  }

  private String fetch(Download.Order order, DownloadProgress progress) throws IOException {
    HubSettings settings =
        HubSettings.of(environment, hub.uri(), hub.uri()).withPatience(RecordedPauses.PATIENCE);
    try (HubClient client = new HubClient(settings)) {
      return new Download(client, pauses, where -> space).fetch(order, progress);
    }
  }

  private void assertFails(Download.Order order, String... parts) {
    assertThatThrownBy(() -> fetch(order))
        .isInstanceOf(HubException.class)
        .message()
        .hasLineCount(1)
        .contains(Arrays.asList(parts));
    assertThat(order.target()).doesNotExist();
  }

  private void assertNothingElse() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(target());
    }
  }
}
