package dev.skein.store;

import static dev.skein.store.Samples.event;
import static dev.skein.store.Samples.manifest;
import static dev.skein.store.Samples.snapshot;
import static dev.skein.store.Samples.stored;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.skein.proto.Manifest;
import dev.skein.proto.RequestNumbers;
import dev.skein.proto.ShardRecord;
import dev.skein.proto.Slot;
import dev.skein.proto.Started;
import dev.skein.proto.TokenEvent;
import dev.skein.proto.Topics;
import dev.skein.proto.Transcript;
import dev.skein.proto.TurnId;
import dev.skein.proto.TurnRef;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * All topics were copied record by record to other ones: nothing lies where it lay, and everything
 * is found.
 */
class CopiedTopicsTest {
  private static final int REQUESTS = 40;
  private static final int WATERMARK = 30;

  /** What of the requests was deleted by age before the copy was made. */
  private enum Kept {
    ALL(0),
    SOME(12),
    THE_PLACE_ALONE(WATERMARK - 3),
    NOTHING_BELOW(WATERMARK);

    private final int from;

    Kept(int from) {
      this.from = from;
    }
  }

  @ParameterizedTest
  @EnumSource
  void statesAndTranscriptsAreFound(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    Slot slot;
    try (ShardStore owner = pool.open(0)) {
      owner.acquire("here");
      for (int i = 0; i < 3; i++) {
        stored(owner, "bob", i, snapshot(5_000, i));
        owner.commit();
      }
      stored(owner, "carol", 0, snapshot(700_000, 8));
      owner.commit();
      slot = stored(owner, "carol", 0, snapshot(700_000, 9));
      Samples.Heard heard = new Samples.Heard();
      owner.store(transcript("bob", 0, null), heard);
      owner.store(transcript("carol", 0, null), heard);
      owner.commit();
      owner.store(transcript("carol", 1, ref("carol", 0, 9_000)), heard);
      owner.store(
          manifest("carol", 2).toBuilder()
              .addSlots(slot)
              .setEpoch(1)
              .setHead(ref("carol", 1, 9_000))
              .setAnewAfter(ref("carol", 0, 9_000))
              .addRecent(TurnId.newBuilder().setTurn(1).setTokensFrom(9_000))
              .build());
      owner.commit();
    }
    TestPool copy = copied(pool, on.newPool());
    try (ShardStore next = copy.open(0)) {
      assertThat(next.acquire("there").epoch()).isEqualTo(2);
      Manifest carol = requireNonNull(next.manifest("carol"));
      assertThat(carol.getRecent(0).getTokensFrom()).isZero();
      assertThat(carol.getAnewAfter().getTranscriptFrom()).isZero();
      assertThat(next.load(0, "carol", carol.getSlots(0))).isEqualTo(snapshot(700_000, 9));
      assertThat(next.past(carol.getHead(), 1, List.of()).ids()).containsExactly(10, 11);
      next.store(carol.toBuilder().setEpoch(2).build());
      next.commit();
      assertThat(next.failure()).isNull();
    }
    try (ShardStore last = copy.open(0)) {
      assertThat(last.acquire("there").epoch()).isEqualTo(3);
      assertThat(last.load(0, "carol", slot)).isEqualTo(snapshot(700_000, 9));
    }
  }

  @ParameterizedTest
  @EnumSource
  void requestsKeepTheirNumbers(TestPool.On on) throws Exception {
    for (Kept kept : Kept.values()) {
      TestPool pool = on.newPool();
      try (ShardStore owner = pool.open(0)) {
        ShardRecord record = owner.acquire("here").record();
        owner.publish(started(WATERMARK - 1), false, new Samples.Heard());
        owner.publish(started(WATERMARK + 2), false, new Samples.Heard());
        owner.publish(started(WATERMARK + 3), false, new Samples.Heard());
        // The numbers 33 and 34 are those of two markers: what was read behind them is one record.
        owner.store(
            record.toBuilder()
                .setWatermark(WATERMARK)
                .addFinished(WATERMARK + 2)
                .addGaps(WATERMARK + 3)
                .addGaps(WATERMARK + 5)
                .setReadTo(WATERMARK + 6)
                .setTokensFrom(999)
                .setControlsOffset(999)
                .addAllBefore(prints(WATERMARK))
                .build());
        owner.commit();
      }
      TestPool copy = on.newPool();
      for (int i = kept.from; i < REQUESTS; i++) {
        copy.append(copy.topics().requests(), 0, utf8("s"), utf8("request " + i));
      }
      copied(pool, copy);
      try (ShardStore next = copy.open(0)) {
        ShardStore.Acquired acquired = next.acquire("there");
        ShardRecord record = acquired.record();
        RequestNumbers numbers = new RequestNumbers(record.getShiftsList());
        long first = (long) WATERMARK - kept.from;
        assertThat(record.getWatermark()).isEqualTo(WATERMARK);
        assertThat(record.getFinishedList()).containsExactly(WATERMARK + 2L);
        assertThat(numbers.offset(WATERMARK)).as("%s", kept).isEqualTo(first);
        List<Long> all = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
          all.add(numbers.number(first + i));
          assertThat(numbers.offset(all.get(i))).isEqualTo(first + i);
        }
        assertThat(all).containsExactly(30L, 31L, 32L, 35L, 36L, 37L, 38L);
        assertThat(record.getControlsOffset()).isZero();
        assertThat(acquired.tail()).hasSize(1);
        assertThat(acquired.tail().getFirst().event().getStarted().getRequestOffset())
            .isEqualTo(WATERMARK + 3);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aQuietShardReadsNothingAgain(TestPool.On on) throws Exception {
    TestPool pool = on.newPool();
    for (int i = 0; i < WATERMARK; i++) {
      pool.append(pool.topics().requests(), 0, utf8("s"), utf8("request " + i));
    }
    try (ShardStore owner = pool.open(0)) {
      ShardRecord record = owner.acquire("here").record();
      owner.publish(event("s", 0), false, new Samples.Heard());
      owner.store(
          record.toBuilder()
              .setWatermark(WATERMARK + 7)
              .setReadTo(WATERMARK + 7)
              .addAllBefore(prints(WATERMARK))
              .build());
      owner.commit();
    }
    TestPool copy = on.newPool();
    copy.copy(pool, pool.topics().requests(), copy.topics().requests(), 0);
    copied(pool, copy);
    try (ShardStore next = copy.open(0)) {
      ShardStore.Acquired acquired = next.acquire("there");
      RequestNumbers numbers = new RequestNumbers(acquired.record().getShiftsList());
      assertThat(acquired.tail()).isEmpty();
      assertThat(numbers.offset(WATERMARK + 7)).isEqualTo(WATERMARK);
      assertThat(numbers.number(WATERMARK)).isEqualTo(WATERMARK + 7);
    }
    try (ShardStore last = copy.open(0)) {
      ShardRecord record = last.acquire("there").record();
      assertThat(new RequestNumbers(record.getShiftsList()).offset(WATERMARK + 7))
          .isEqualTo(WATERMARK);
    }
  }

  private static List<Long> prints(int below) {
    List<Long> prints = new ArrayList<>();
    for (int i = below - RecordPrint.PLACE; i < below; i++) {
      prints.add(RecordPrint.of(utf8("s"), utf8("request " + i)));
    }
    return prints;
  }

  private static TokenEvent started(long request) {
    return TokenEvent.newBuilder()
        .setSession("s")
        .setRequestId("0-" + request)
        .setStarted(Started.newBuilder().setRequestOffset(request))
        .build();
  }

  private static TurnRef ref(String session, int turn, long from) {
    return TurnRef.newBuilder()
        .setSession(session)
        .setTurn(turn)
        .setTranscriptFrom(from)
        .setChain(ByteString.copyFromUtf8(session + turn))
        .setTokensRead(turn + 1L)
        .build();
  }

  private static Transcript transcript(String session, int turn, @Nullable TurnRef parent) {
    Transcript.Builder transcript =
        Transcript.newBuilder()
            .setSession(session)
            .setTurn(turn)
            .setChain(ByteString.copyFromUtf8(session + turn))
            .addPrompt(10 + turn);
    return (parent == null ? transcript : transcript.setParent(parent)).build();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }

  /** Everything but the requests, as committed readers see it: no markers, no gaps. */
  private static TestPool copied(TestPool from, TestPool to) throws Exception {
    Topics ours = from.topics();
    Topics theirs = to.topics();
    to.copy(from, ours.tokens(), theirs.tokens(), 0);
    to.copy(from, ours.states(), theirs.states(), 0);
    to.copy(from, ours.manifests(), theirs.manifests(), 0);
    to.copy(from, ours.transcripts(), theirs.transcripts(), 0);
    return to;
  }
}
