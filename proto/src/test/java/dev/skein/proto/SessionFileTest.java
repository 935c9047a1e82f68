package dev.skein.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SessionFileTest {
  private static final ByteString SNAPSHOT = ByteString.copyFromUtf8("all that it remembers");
  private static final Manifest MANIFEST =
      Manifest.newBuilder()
          .setSession("@acme/alice")
          .setTokensRead(12)
          .addSlots(Slot.newBuilder().setSlot(0))
          .addSlots(Slot.newBuilder().setSlot(1).setBytes(SNAPSHOT.size()))
          .addTail(7)
          .addRecent(TurnId.newBuilder().setRequestId("r"))
          .addPins(Pin.newBuilder().setChild("c"))
          .setUnfinished(UnfinishedTurn.newBuilder().setTurn(3))
          .setAnewAfter(TurnRef.newBuilder().setSession("@acme/parent"))
          .setHead(TurnRef.newBuilder().setSession("@acme/parent").setTurn(2).setTokensRead(12))
          .build();

  @Test
  void whatIsWrittenIsReadAndNothingThatOnlyMeansSomethingAtHome() throws Exception {
    SessionFile file = SessionFile.parse(SessionFile.of("alice", MANIFEST, SNAPSHOT).write());
    assertThat(file.snapshot()).isEqualTo(SNAPSHOT);
    assertThat(file.manifest())
        .isEqualTo(
            Manifest.newBuilder()
                .setSession("alice")
                .setTokensRead(12)
                .addSlots(MANIFEST.getSlots(1))
                .addTail(7)
                .setHead(TurnRef.newBuilder().setTurn(2).setTokensRead(12).setTranscriptFrom(-1))
                .build());
  }

  @Test
  void anyFlippedBitAndAnyCutIsNoticed() throws Exception {
    byte[] bytes = SessionFile.of("alice", MANIFEST, SNAPSHOT).write();
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> SessionFile.parse(damaged))
          .as("bit %d", bit)
          .isInstanceOf(BadRecordException.class);
    }
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> SessionFile.parse(cut))
          .as("%d bytes", length)
          .isInstanceOf(BadRecordException.class);
    }
  }

  @Test
  void anotherVersionIsNamed() {
    byte[] bytes = SessionFile.of("alice", MANIFEST, SNAPSHOT).write();
    bytes[7] = '2';
    assertThatThrownBy(() -> SessionFile.parse(bytes)).hasMessageContaining("version");
  }
}
