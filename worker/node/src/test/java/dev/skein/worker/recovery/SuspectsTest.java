package dev.skein.worker.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.ShardRecord;
import dev.skein.proto.Started;
import dev.skein.proto.TokenEvent;
import dev.skein.store.ShardStore.Acquired;
import dev.skein.store.ShardStore.StoredEvent;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may run while a turn is suspected. */
class SuspectsTest {
  private static final long SUSPECT = 20;

  private final Isolation isolation = new Isolation(Witness.gather(acquired(), offset -> false));

  private static Acquired acquired() {
    Started started =
        Started.newBuilder().setAttempt(Isolation.SUSPECT_FROM).setRequestOffset(SUSPECT).build();
    TokenEvent event =
        TokenEvent.newBuilder().setSession("cyd").setRequestId("r").setStarted(started).build();
    ShardRecord record = ShardRecord.getDefaultInstance();
    return new Acquired(
        3, record, false, false, List.of(new StoredEvent(100, event, false, true)), 0, 0);
  }

  @Test
  void aSuspectRunsAlone() {
    assertThat(isolation.admits("dan", 10, line -> false)).isFalse();
    assertThat(isolation.admits("cyd", SUSPECT, line -> false)).isTrue();
    assertThat(isolation.admits("cyd", 30, line -> false)).isFalse();
    assertThat(isolation.cleared(SUSPECT)).isTrue();
    assertThat(isolation.admits("dan", 10, line -> false)).isTrue();
  }

  @Test
  void whatASuspectWaitsForGoesFirst() {
    assertThat(isolation.admits("dan", 10, "cyd"::equals)).as("its fork is in the way").isTrue();
    assertThat(isolation.admits("cyd", SUSPECT, "cyd"::equals)).as("one at a time").isFalse();
    assertThat(isolation.cleared(10)).isTrue();
    assertThat(isolation.admits("dan", 30, "cyd"::equals)).as("it came later").isFalse();
    assertThat(isolation.admits("cyd", SUSPECT, "cyd"::equals)).isTrue();
  }
}
