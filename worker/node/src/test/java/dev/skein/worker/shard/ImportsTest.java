package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.skein.proto.Fingerprint;
import dev.skein.proto.Manifest;
import dev.skein.proto.SessionFile;
import org.junit.jupiter.api.Test;

/** Sessions that are made out of files: they are what was exported. */
class ImportsTest {

  private final LoneShard shard = new LoneShard();

  private static Manifest exported(Manifest stored) {
    return SessionFile.of("file", stored, ByteString.EMPTY).manifest();
  }

  @Test
  void anImportedSessionGoesOnFromThere() {
    shard.turn("ann", 0, "a");
    shard.load("bob", "toy", exported(shard.manifest("ann")));
    assertThat(shard.answer().getStanding().getTokensRead()).isEqualTo(2);
    shard.turn("bob", 1, "b");
    assertThat(shard.manifest("bob").getTailList())
        .containsExactly((int) 'a', (int) 'z', (int) 'b', (int) 'z');
  }

  @Test
  void aSessionThatNoModelHasRunIsImported() {
    shard.load("bob", "", exported(Manifest.newBuilder().setNextTurn(3).build()));
    assertThat(shard.refusal()).isEmpty();
    shard.turn("bob", 1, "b");
    assertThat(shard.manifest("bob").getModel()).isEqualTo("toy");
  }

  @Test
  void hereTheModelMayHaveAnotherName() {
    shard.turn("ann", 0, "a");
    Manifest told = exported(shard.manifest("ann")).toBuilder().setModel("there").build();
    shard.load("bob", "toy", told);
    assertThat(shard.refusal()).isEmpty();
    assertThat(shard.manifest("bob").getModel()).isEqualTo("toy");
  }

  @Test
  void otherWeightsAreRefused() {
    shard.turn("ann", 0, "a");
    Manifest told =
        exported(shard.manifest("ann")).toBuilder()
            .setFingerprint(Fingerprint.newBuilder().setModel("others"))
            .build();
    shard.load("bob", "toy", told);
    assertThat(shard.refusal()).isEqualTo("fingerprint_mismatch");
  }

  @Test
  void itIsRememberedWhoseWordsItsIdsAre() {
    LoneShard words =
        new LoneShard(shard.manifests, ToyModel.served("toy", "words", 256), Upgrade.ADOPT);
    words.turn("ann", 0, "a");
    words.load("bob", "toy", exported(words.manifest("ann")));
    LoneShard others =
        new LoneShard(shard.manifests, ToyModel.served("other", "others", 256), Upgrade.REPLAY);
    others.ask("bob", "{\"prompt\":\"b\"}");
    assertThat(others.refusal()).isEqualTo("tokenizer_mismatch");
  }

  @Test
  void aConversationGoesOnThatIsLongerThanItsMemory() {
    shard.turn("ann", 0, "a");
    Manifest stored = shard.manifest("ann");
    ByteString link = ByteString.copyFromUtf8("the 300th message");
    Manifest told =
        exported(stored).toBuilder()
            .addMessageChain(link)
            .setHead(stored.getHead().toBuilder().setMessages(300).setMessageLink(link))
            .build();
    shard.load("bob", "toy", told);
    assertThat(shard.manifest("bob").getHead().getMessages()).isEqualTo(300);
    assertThat(shard.manifest("bob").getHead().getMessageLink()).isEqualTo(link);
    assertThat(shard.manifest("bob").getMessageChainList()).endsWith(link);
  }
}
