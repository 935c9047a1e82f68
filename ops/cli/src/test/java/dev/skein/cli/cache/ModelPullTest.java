package dev.skein.cli.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.cli.hub.FakeHub;
import dev.skein.cli.hub.FakeHub.Fault;
import dev.skein.cli.web.HubException;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.sampling.SamplingParameters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelPullTest {
  private static final String RAVEN = "RWKV-4-Raven-3B-v12-Eng98%-Other2%-20230520-ctx4096.pth";

  @TempDir Path home;
  private TestShelf shelf;
  private byte[] weights;

  @BeforeEach
  void start() throws IOException {
    shelf = new TestShelf(home);
    weights = shelf.hub.publish(TestShelf.REPOSITORY, TestShelf.WEIGHTS, 5000);
    shelf.hub.publish(TestShelf.REPOSITORY, "rwkv7-g1a-0.4b-20250905-ctx4096.pth", 4000);
  }

  @AfterEach
  void stop() {
    shelf.close();
  }

  @Test
  void aNameBringsTheNewestFileWithAllThatBelongsToIt() throws IOException {
    CachedModel model = shelf.pull("g1:0.4b");
    assertThat(model.folder()).isEqualTo(home.resolve("models/g1-0.4b"));
    assertThat(model.folder().resolve(TestShelf.WEIGHTS)).hasBinaryContent(weights);
    assertThat(model.sha256()).isEqualTo(FakeHub.sha256(weights));
    assertThat(shelf.err.toString())
        .hasLineCount(1)
        .contains("hf://BlinkDL/rwkv7-g1/" + TestShelf.WEIGHTS, "5.00 kB", "licence Apache-2.0");
    assertThat(names(model.folder()))
        .containsExactlyInAnyOrder(
            TestShelf.WEIGHTS, "config.json", "source.json", "rwkv_vocab_v20230424.txt", ".lock");
    assertThat(shelf.surroundings().cache().find("g1:0.4b")).isEqualTo(model);
  }

  @Test
  void theModelLoaderReadsWhatTheCatalogueSays() throws IOException {
    ModelBundle bundle = ModelBundle.find(shelf.pull("g1:0.4b").folder());
    assertThat(bundle.name()).isEqualTo("g1:0.4b");
    assertThat(bundle.weights()).hasFileName(TestShelf.WEIGHTS);
    assertThat(bundle.contextTrained()).isEqualTo(8192);
    assertThat(bundle.description().sampling()).isEqualTo(SamplingParameters.RWKV);
    assertThat(bundle.description().vocabulary()).isEqualTo("rwkv_vocab_v20230424.txt");
    assertThat(bundle.description().template()).isNotNull();
  }

  @Test
  void aRavenSpeaksAsBobAndAlice() throws IOException {
    shelf.hub.publish("BlinkDL/rwkv-4-raven", RAVEN, 3000);
    CachedModel model = shelf.pull("raven4:3b");
    assertThat(model.weights()).isEqualTo(RAVEN.replace('%', '_'));
    assertThat(Files.readString(model.folder().resolve("config.json")))
        .contains("Bob: {content}", "Alice:", "20B_tokenizer.json", "4096");
  }

  @Test
  void whatIsThereIsNotFetchedAgain() throws IOException {
    CachedModel first = shelf.pull("g1:0.4b");
    int bytes = shelf.hub.seenForBytes().size();
    assertThat(shelf.pull("g1:0.4b")).isEqualTo(first);
    assertThat(shelf.hub.seenForBytes()).hasSize(bytes);
    shelf.hub.listingStatus(503);
    assertThat(shelf.pull("g1:0.4b")).isEqualTo(first);
    assertThat(shelf.err.toString()).contains("keeping what is here");
  }

  @Test
  void aNewerDateReplacesTheOldFileAndWhatWasMadeOfIt() throws IOException {
    CachedModel old = shelf.pull("g1:0.4b");
    Path prepared = Files.createDirectory(old.folder().resolve(Preparation.FOLDER));
    Files.writeString(prepared.resolve("int8.skein"), "of the old one");
    byte[] content =
        shelf.hub.publish(TestShelf.REPOSITORY, "rwkv7-g1k-0.4b-20270101-ctx16384.pth", 6000);
    CachedModel fresh = shelf.pull("g1:0.4b");
    assertThat(fresh.folder().resolve("rwkv7-g1k-0.4b-20270101-ctx16384.pth"))
        .hasBinaryContent(content);
    assertThat(fresh.folder().resolve(TestShelf.WEIGHTS)).doesNotExist();
    assertThat(prepared).doesNotExist();
    assertThat(ModelBundle.find(fresh.folder()).contextTrained()).isEqualTo(16384);
  }

  @Test
  void withoutAListingThePinnedFileIsTaken() throws IOException {
    for (int status : new int[] {500, 404, 403}) {
      shelf.hub.listingStatus(status);
      CachedModel model = shelf.pull("g1:0.4b");
      assertThat(model.weights()).isEqualTo(TestShelf.WEIGHTS);
      assertThat(shelf.err.toString()).contains("taking " + TestShelf.WEIGHTS + " instead");
      shelf.surroundings().cache().remove("g1:0.4b");
    }
  }

  @Test
  void underThePinnedNameOnlyThePinnedContentIsTaken() throws IOException {
    String published = Objects.requireNonNull(shelf.pull("g1:0.4b").sha256());
    shelf.surroundings().cache().remove("g1:0.4b");
    String pinned = "ab".repeat(32);
    shelf.pinnedDigest(pinned);
    assertFails(() -> shelf.pull("g1:0.4b"), TestShelf.WEIGHTS, pinned, published, "--sha256");
    shelf.hub.listingStatus(500);
    assertFails(() -> shelf.pull("g1:0.4b"), TestShelf.WEIGHTS, pinned, published);
    assertThat(home.resolve("models/g1-0.4b").resolve(TestShelf.WEIGHTS)).doesNotExist();
    ModelPull.Wish insisting = new ModelPull.Wish("g1:0.4b", null, null, published, null);
    assertThat(shelf.pull().pull(insisting, false).sha256()).isEqualTo(published);
  }

  @Test
  void hostileNamesInAListingAreNotTouched() throws IOException {
    shelf.hub.list("../rwkv7-g1z-0.4b-20990101-ctx8192.pth");
    shelf.hub.list("rwkv7-g1z-0.4b-20990101-ctx8192.pth/../../../evil.pth");
    shelf.hub.list("/etc/rwkv7-g1z-0.4b-20990101-ctx8192.pth");
    assertThat(shelf.pull("g1:0.4b").weights()).isEqualTo(TestShelf.WEIGHTS);
    assertThat(names(home)).containsExactly("models");
    assertThat(names(home.resolve("models"))).containsExactlyInAnyOrder("g1-0.4b", "vocabularies");
  }

  @Test
  void aLieOfTheListingIsFound() {
    shelf.hub.lieAboutDigest("cd".repeat(32));
    assertFails(() -> shelf.pull("g1:0.4b"), "cd".repeat(32));
    assertThat(home.resolve("models/g1-0.4b/source.json")).doesNotExist();
  }

  @Test
  void anInterruptedPullGoesOnAtTheNext() throws IOException {
    // the first request for bytes is the vocabulary's
    shelf.hub.fail(Fault.NONE, Fault.BREAK, Fault.NOT_FOUND);
    assertFails(() -> shelf.pull("g1:0.4b"), "404");
    assertThat(shelf.surroundings().cache().find("g1:0.4b")).isNull();
    CachedModel model = shelf.pull("g1:0.4b");
    assertThat(model.folder().resolve(TestShelf.WEIGHTS)).hasBinaryContent(weights);
    assertThat(shelf.hub.seenForBytes().getLast().header("Range")).isEqualTo("bytes=2500-");
  }

  @Test
  void theVocabularyIsFetchedOnceAndOnlyThePinnedOneWillDo() throws IOException {
    shelf.pull("g1:0.4b");
    shelf.hub.publish(
        "BlinkDL/rwkv-7-world", "RWKV-x070-World-0.1B-v2.8-20241210-ctx4096.pth", 300);
    shelf.pull("world7:0.1b");
    assertThat(shelf.hub.seenForBytes().stream().filter(s -> s.path().contains("rwkv_vocab")))
        .hasSize(1);
    shelf.surroundings().cache().remove("g1:0.4b");
    Files.delete(home.resolve("models/vocabularies/rwkv_vocab_v20230424.txt"));
    shelf.hub.publish(
        "bird/words", "rwkv_vocab_v20230424.txt", "1 'x' 1\n2 'b' 1\n".getBytes(UTF_8));
    assertFails(() -> shelf.pull("g1:0.4b"), "rwkv_vocab_v20230424.txt");
  }

  @Test
  void addressesWorkLikeNames() throws IOException {
    String address = "hf://BlinkDL/rwkv7-g1/" + TestShelf.WEIGHTS;
    CachedModel known = shelf.pull(address);
    assertThat(ModelBundle.find(known.folder()).contextTrained()).isEqualTo(8192);
    assertThat(shelf.surroundings().cache().find(address)).isEqualTo(known);
    byte[] tuned = shelf.hub.publish("me/mine", "sub/my model.pth", 700);
    CachedModel mine = shelf.pull("hf://me/mine/sub/my model.pth");
    assertThat(mine.folder().resolve("my_model.pth")).hasBinaryContent(tuned);
    assertThat(mine.folder().getParent()).isEqualTo(home.resolve("models"));
    byte[] scoped = shelf.hub.publish("us/ours", "ours.gguf", 600);
    CachedModel ours = shelf.pull("ms://us/ours/ours.gguf");
    assertThat(ours.folder().resolve("ours.gguf")).hasBinaryContent(scoped);
    assertThat(ours.folder().resolve("rwkv_vocab_v20230424.txt")).doesNotExist();
    CachedModel web =
        shelf.pull(shelf.hub.storeUri() + "/blob/me/mine/resolve/main/sub/my%20model.pth");
    assertThat(web.folder().resolve("my_model.pth")).hasBinaryContent(tuned);
  }

  @Test
  void anAddressMayBeUsedLikeAPublishedModel() throws IOException {
    shelf.hub.publish("me/mine", "tuned.pth", 700);
    CachedModel model =
        shelf
            .pull()
            .pull(
                new ModelPull.Wish("hf://me/mine/tuned.pth", "mine", "raven4:7b", null, null),
                false);
    assertThat(model.folder()).isEqualTo(home.resolve("models/mine"));
    assertThat(Files.readString(model.folder().resolve("config.json"))).contains("Alice:");
  }

  @Test
  void aDigestThatTheUserGivesCounts() {
    shelf.hub.publish("me/mine", "tuned.pth", 700);
    ModelPull.Wish wish =
        new ModelPull.Wish("hf://me/mine/tuned.pth", null, null, "ef".repeat(32), null);
    assertFails(() -> shelf.pull().pull(wish, false), "ef".repeat(32));
  }

  @Test
  void aFolderOfTheUsersOwnMayTakeIt(@TempDir Path own) throws IOException {
    CachedModel model =
        shelf.pull().pull(new ModelPull.Wish("g1:0.4b", null, null, null, own), false);
    assertThat(model.folder()).isEqualTo(own);
    assertThat(own.resolve(TestShelf.WEIGHTS)).hasBinaryContent(weights);
    assertThat(ModelBundle.find(own).name()).isEqualTo("g1:0.4b");
  }

  @Test
  void withoutTheNetworkItIsSaidWhatToDo() throws IOException {
    assertFails(() -> shelf.pull().pull(ModelPull.Wish.of("g1:0.4b"), true), "not on this machine");
    assertThat(shelf.hub.seen()).isEmpty();
    shelf.pull("g1:0.4b");
    int requests = shelf.hub.seen().size();
    assertThat(shelf.pull().pull(ModelPull.Wish.of("g1:0.4b"), true).name()).isEqualTo("g1:0.4b");
    assertThat(shelf.hub.seen()).hasSize(requests);
    shelf.hub.close();
    assertThat(shelf.pull("g1:0.4b").name()).isEqualTo("g1:0.4b");
    assertFails(() -> shelf.pull("g1:0.1b"), "cannot reach", "skein model import FILE");
  }

  @Test
  void nonsenseIsRefusedBeforeAnythingIsAsked() {
    assertFails(() -> shelf.pull("g1:0.5b"), "there is no model 'g1:0.5b'", "g1:0.4b");
    assertFails(() -> shelf.pull("hf://bird"), "is no address");
    assertFails(() -> shelf.pull("hf://bird/words"), "names a repository, not a file");
    assertFails(() -> shelf.pull("hf://bird/words/config.json"), "no file of weights");
    assertThat(shelf.hub.seen()).isEmpty();
  }

  @Test
  void twoPullsOfOneModelFetchItOnce() throws Exception {
    List<Future<CachedModel>> pulls = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 4; i++) {
        pulls.add(threads.submit(() -> shelf.pull("g1:0.4b")));
      }
      for (Future<CachedModel> pull : pulls) {
        assertThat(pull.get().folder().resolve(TestShelf.WEIGHTS)).hasBinaryContent(weights);
      }
    }
    assertThat(shelf.hub.seenForBytes().stream().filter(s -> s.path().contains("0.4b"))).hasSize(1);
  }

  @Test
  void aFullDiskIsSaidBefore() {
    shelf.space(1000);
    assertFails(() -> shelf.pull("g1:0.4b"), "not enough room");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }

  private static void assertFails(ThrowingCallable call, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOf(HubException.class)
        .message()
        .hasLineCount(1)
        .contains(Arrays.asList(parts));
  }
}
