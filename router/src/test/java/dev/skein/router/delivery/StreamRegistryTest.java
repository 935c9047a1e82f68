package dev.skein.router.delivery;

import static dev.skein.router.delivery.TurnEvents.end;
import static dev.skein.router.delivery.TurnEvents.event;
import static dev.skein.router.delivery.TurnEvents.token;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.proto.Request;
import dev.skein.proto.Started;
import dev.skein.proto.TokenEvent;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamRegistryTest {
  private static final Destination TO = new Destination("main", "m", 4);
  private static final long SECOND = 1_000_000_000L;

  private final List<String> cancels = new ArrayList<>();
  private final List<String> reads = new ArrayList<>();
  private final TokenLog log =
      new TokenLog() {
        @Override
        public void listen(Listener listener) {}

        @Override
        public long read(int shard, long from, Duration age) {
          reads.add("read " + shard + " from " + from + " age " + age.toSeconds());
          return reads.size();
        }

        @Override
        public void stop(int shard) {
          reads.add("stop " + shard);
        }
      };
  private final StreamRegistry registry =
      new StreamRegistry(
          RouterLimits.defaults().withStreams(2, 4),
          new StreamCount(2),
          stream -> cancels.add(stream.session + "/" + stream.turn().requestId()),
          log,
          new StreamMetrics(new SimpleMeterRegistry()));

  @Test
  void aTurnGoesFromItsFirstSignToItsEnd() {
    KeptEvents sink = new KeptEvents(9);
    LiveStream stream = open("alice", "r", sink, 0);
    registry.deliver(event("alice", "r", 0).setStarted(Started.newBuilder()).build(), -1, SECOND);
    assertThat(sink.events).isEmpty();
    registry.deliver(token("alice", "r", 0), -1, 2 * SECOND);
    registry.deliver(end("alice", "r", 1), -1, 3 * SECOND);
    assertThat(sink.events).hasExactlyElementsOfTypes(TokenPiece.class, ChoiceEnd.class);
    assertThat(sink.completed).isTrue();
    assertThat(registry.empty()).isTrue();
    registry.clientGone(stream, 4 * SECOND);
    assertThat(cancels).isEmpty();
  }

  @Test
  void aTurnWithoutASignFailsAfterThirtySecondsAndIsCancelled() {
    KeptEvents sink = new KeptEvents(9);
    open("alice", "r", sink, 0);
    registry.tick(30 * SECOND - 1);
    assertThat(sink.events).isEmpty();
    registry.tick(30 * SECOND);
    assertThat(sink.failure()).isEqualTo(FailureCodes.UNAVAILABLE);
    assertThat(cancels).containsExactly("alice/r");
  }

  @Test
  void aTurnInTheBackgroundIsToldAgainThoughItsFirstConnectionIsNotSeenToBeGone() {
    Request request =
        Request.newBuilder().setSession("alice").setRequestId("r").setBackground(true).build();
    Turn turn = new Turn(request, TO);
    KeptEvents beginning = new KeptEvents(9);
    LiveStream first = new LiveStream(turn, beginning, 4);
    assertThat(registry.open(first, 0)).isTrue();
    Turn later = turn.again(Duration.ofSeconds(1));
    KeptEvents telling = new KeptEvents(9);
    assertThat(registry.open(new LiveStream(later, telling, 4), SECOND)).isTrue();
    assertThat(beginning.completed).isTrue();
    registry.clientGone(first, SECOND);
    registry.deliver(token("alice", "r", 0), 7, 2 * SECOND);
    assertThat(telling.events).hasSize(1);
    KeptEvents third = new KeptEvents(9);
    assertThat(registry.open(new LiveStream(later, third, 4), 3 * SECOND)).isFalse();
    assertThat(third.failure()).isEqualTo(FailureCodes.IN_PROGRESS);
    assertThat(telling.completed).as("one that is told already is left alone").isFalse();
    assertThat(cancels).isEmpty();
  }

  @Test
  void aTurnThatHasStartedMayWaitForItsFirstTokenAsLongAsAStreamMayBeSilent() {
    KeptEvents sink = new KeptEvents(9);
    open("alice", "r", sink, 0);
    registry.deliver(event("alice", "r", 0).setStarted(Started.newBuilder()).build(), -1, SECOND);
    registry.tick(120 * SECOND);
    assertThat(sink.events).isEmpty();
    registry.tick(121 * SECOND);
    assertThat(sink.failure()).isEqualTo(FailureCodes.UNAVAILABLE);
  }

  @Test
  void aStreamThatFallsSilentIsInterrupted() {
    KeptEvents sink = new KeptEvents(9);
    open("alice", "r", sink, 0);
    registry.deliver(token("alice", "r", 0), -1, SECOND);
    registry.tick(121 * SECOND);
    assertThat(sink.failure()).isEqualTo(FailureCodes.INTERRUPTED);
    assertThat(cancels).hasSize(1);
  }

  @Test
  void aCancelIsRepeatedUntilTheEndIsSeen() {
    LiveStream stream = open("alice", "r", new KeptEvents(9), 0);
    registry.clientGone(stream, 0);
    registry.tick(SECOND);
    assertThat(cancels).hasSize(1);
    registry.tick(2 * SECOND);
    assertThat(cancels).hasSize(2);
    registry.deliver(end("alice", "r", 0), -1, 3 * SECOND);
    assertThat(registry.empty()).isTrue();
  }

  @Test
  void aCancelThatNobodyAnswersIsGivenUp() {
    registry.clientGone(open("alice", "r", new KeptEvents(9), 0), 0);
    for (int second = 1; second <= 20; second++) {
      registry.tick(second * SECOND);
    }
    assertThat(cancels).hasSize(5);
    assertThat(registry.empty()).isTrue();
  }

  @Test
  void anEphemeralTurnIsCancelledWhenItsPartitionIsKnown() {
    LiveStream stream = open("", "r", new KeptEvents(9), 0);
    registry.clientGone(stream, 0);
    assertThat(cancels).isEmpty();
    registry.published(stream, 3, SECOND);
    assertThat(cancels).containsExactly("/r");
  }

  @Test
  void aClientWhoseBufferIsFullIsCutOffAndItsTurnCancelled() {
    KeptEvents sink = new KeptEvents(2);
    open("alice", "r", sink, 0);
    for (int index = 0; index < 3; index++) {
      registry.deliver(token("alice", "r", index), -1, SECOND);
    }
    assertThat(sink.events).hasSize(2);
    assertThat(sink.aborted).isTrue();
    assertThat(cancels).containsExactly("alice/r");
  }

  @Test
  void aTurnInTheBackgroundOutlivesAClientThatHasLeftOrDoesNotRead() {
    Request request =
        Request.newBuilder().setSession("alice").setRequestId("r").setBackground(true).build();
    KeptEvents left = new KeptEvents(9);
    assertThat(registry.open(new LiveStream(new Turn(request, TO), left, 4), 0)).isTrue();
    registry.deliver(token("alice", "r", 0), -1, SECOND);
    left.complete();
    registry.deliver(token("alice", "r", 1), -1, SECOND);
    assertThat(left.events).hasSize(1);
    assertThat(registry.empty()).isTrue();
    KeptEvents slow = new KeptEvents(1);
    assertThat(registry.open(new LiveStream(new Turn(request, TO), slow, 4), 0)).isTrue();
    registry.deliver(token("alice", "r", 0), -1, SECOND);
    registry.deliver(token("alice", "r", 1), -1, SECOND);
    assertThat(slow.aborted).isTrue();
    assertThat(registry.empty()).isTrue();
    assertThat(cancels).isEmpty();
  }

  @Test
  void moreAnswersThanTheLimitAndDoubledRequestsAreRefused() {
    open("alice", "r", new KeptEvents(9), 0);
    KeptEvents doubled = new KeptEvents(9);
    assertThat(registry.open(new LiveStream(turn("alice", "r"), doubled, 4), 0)).isFalse();
    assertThat(doubled.failure()).isEqualTo(FailureCodes.IN_PROGRESS);
    open("bob", "r", new KeptEvents(9), 0);
    KeptEvents third = new KeptEvents(9);
    assertThat(registry.open(new LiveStream(turn("carol", "r"), third, 4), 0)).isFalse();
    assertThat(third.failure()).isEqualTo(FailureCodes.TOO_MANY);
    assertThat(third.completed).isTrue();
  }

  @Test
  void theSameRequestIdInTwoSessionsIsTwoRequests() {
    KeptEvents alice = new KeptEvents(9);
    KeptEvents nobody = new KeptEvents(9);
    open("alice", "r", alice, 0);
    open("", "r", nobody, 0);
    registry.deliver(token("alice", "r", 0), -1, SECOND);
    registry.deliver(token("bob", "r", 0), -1, SECOND);
    assertThat(nobody.events).as("what a session's turn says is for nobody else").isEmpty();
    registry.deliver(end("~0-1", "r", 0), -1, SECOND);
    assertThat(alice.events).hasExactlyElementsOfTypes(TokenPiece.class);
    assertThat(nobody.events).hasExactlyElementsOfTypes(ChoiceEnd.class);
  }

  @Test
  void aRequestThatDidNotGetToTheBusIsNotCancelled() {
    KeptEvents sink = new KeptEvents(9);
    LiveStream stream = open("alice", "r", sink, 0);
    registry.publishFailed(stream, new StreamFailure(FailureCodes.UNAVAILABLE, "no broker"));
    assertThat(sink.failure()).isEqualTo(FailureCodes.UNAVAILABLE);
    assertThat(cancels).isEmpty();
    assertThat(registry.empty()).isTrue();
  }

  @Test
  void aMissingEventEndsTheStreamWhenTooManyWaitForIt() {
    KeptEvents sink = new KeptEvents(99);
    open("alice", "r", sink, 0);
    for (int index = 1; index <= 5; index++) {
      registry.deliver(token("alice", "r", index), -1, SECOND);
    }
    assertThat(sink.failure()).isEqualTo(FailureCodes.INTERRUPTED);
  }

  @Test
  void theLogIsReadWhenThePushIsSilentAndNothingIsSeenTwice() {
    KeptEvents sink = new KeptEvents(9);
    LiveStream stream = open("alice", "r", sink, 0);
    registry.published(stream, 2, 0);
    registry.pushed(token("alice", "r", 0), 2, 40, SECOND / 2);
    registry.tick(SECOND);
    assertThat(reads).isEmpty();
    registry.tick(2 * SECOND);
    assertThat(reads).containsExactly("read 2 from 40 age 2");
    registry.read(token("alice", "r", 0), 40, 2 * SECOND);
    registry.read(token("alice", "r", 1), 41, 2 * SECOND);
    registry.pushed(token("alice", "r", 1), 2, 41, 2 * SECOND);
    registry.read(end("alice", "r", 2), 42, 2 * SECOND);
    assertThat(sink.events)
        .hasExactlyElementsOfTypes(TokenPiece.class, TokenPiece.class, ChoiceEnd.class);
    assertThat(sink.completed).isTrue();
    assertThat(reads).endsWith("stop 2");
  }

  @Test
  void aTurnWithoutAnySignIsLookedForByItsAge() {
    LiveStream stream = open("alice", "r", new KeptEvents(9), 0);
    registry.tick(SECOND);
    assertThat(reads).as("its partition is not known yet").isEmpty();
    registry.published(stream, 1, SECOND);
    registry.tick(3 * SECOND);
    assertThat(reads).containsExactly("read 1 from -1 age 3");
  }

  @Test
  void aDeposedOwnersPushIsNotHeard() {
    KeptEvents sink = new KeptEvents(9);
    open("alice", "r", sink, 0);
    TokenEvent first = token("alice", "r", 0);
    registry.pushed(first.toBuilder().setEpoch(2).build(), 2, 50, SECOND);
    registry.pushed(token("alice", "r", 1).toBuilder().setEpoch(1).build(), 2, 41, SECOND);
    assertThat(sink.events).hasSize(1);
    registry.pushed(token("alice", "r", 1).toBuilder().setEpoch(1).build(), 3, 41, SECOND);
    assertThat(sink.events).as("another shard").hasSize(2);
  }

  @Test
  void aClientThatResumesGetsWhatFollowsAndIsNotPublishedAgain() {
    KeptEvents before = new KeptEvents(9);
    open("alice", "r", before, 0);
    KeptEvents sink = new KeptEvents(9);
    LiveStream stream = resumed(new ResumePoint(0, 0, 1, 41, ""), sink);
    assertThat(before.completed).isTrue();
    assertThat(cancels).isEmpty();
    assertThat(reads).containsExactly("read " + stream.partition + " from 41 age 0");
    registry.read(token("alice", "r", 1), 41, SECOND);
    registry.read(token("alice", "r", 2), 42, SECOND);
    registry.read(end("alice", "r", 3), 43, SECOND);
    assertThat(sink.events).hasExactlyElementsOfTypes(TokenPiece.class, ChoiceEnd.class);
    assertThat(sink.completed).isTrue();
  }

  @Test
  void aClientThatHasTheEndAlreadyIsToldSo() {
    KeptEvents sink = new KeptEvents(9);
    resumed(new ResumePoint(0, 0, 3, 43, ""), sink);
    registry.read(end("alice", "r", 3), 43, SECOND);
    assertThat(sink.events).isEmpty();
    assertThat(sink.completed).isTrue();
  }

  @Test
  void whatTheClientHasNoRoomForIsReadAgain() {
    KeptEvents sink = new KeptEvents(2);
    LiveStream stream = resumed(new ResumePoint(0, 0, 0, 40, ""), sink);
    for (int index = 1; index <= 4; index++) {
      registry.read(token("alice", "r", index), 40 + index, SECOND);
    }
    assertThat(sink.events).hasSize(2);
    assertThat(sink.aborted).isFalse();
    sink.events.clear();
    reads.clear();
    registry.tick(SECOND);
    assertThat(reads).containsExactly("read " + stream.partition + " from 42 age 1");
    registry.read(token("alice", "r", 2), 42, SECOND);
    registry.read(token("alice", "r", 3), 43, SECOND);
    assertThat(sink.events).hasSize(1);
  }

  @Test
  void whatIsPushedFarAheadOfAClientIsReadFromTheLog() {
    KeptEvents sink = new KeptEvents(99);
    LiveStream stream = resumed(new ResumePoint(0, 0, 0, 40, ""), sink);
    for (int index = 100; index < 110; index++) {
      registry.pushed(token("alice", "r", index), 0, -1, SECOND);
    }
    reads.clear();
    registry.tick(SECOND);
    assertThat(reads).containsExactly("read " + stream.partition + " from 40 age 1");
    registry.read(token("alice", "r", 1), 41, SECOND);
    assertThat(sink.events).hasExactlyElementsOfTypes(TokenPiece.class);
    assertThat(cancels).isEmpty();
  }

  @Test
  void aClientThatCatchesUpIsNotFloodedByWhatCameEarly() {
    KeptEvents sink = new KeptEvents(4);
    resumed(new ResumePoint(0, 0, 0, 40, ""), sink);
    for (int index = 1; index <= 5; index++) {
      registry.read(token("alice", "r", index), 40 + index, SECOND);
    }
    sink.events.clear();
    registry.tick(SECOND);
    for (int index = 8; index <= 10; index++) {
      registry.read(token("alice", "r", index), 40 + index, SECOND);
    }
    int told = 0;
    for (int index = 5; told < 7; index = 5 + told) {
      for (int next = index; next <= 10; next++) {
        registry.read(token("alice", "r", next), 40 + next, SECOND);
      }
      registry.read(end("alice", "r", 11), 51, SECOND);
      told += sink.events.size();
      sink.events.clear();
      registry.tick(2 * SECOND);
    }
    assertThat(sink.aborted).isFalse();
    assertThat(sink.completed).isTrue();
    assertThat(told).isEqualTo(7);
  }

  private LiveStream resumed(ResumePoint point, KeptEvents sink) {
    Turn asked = turn("alice", "r");
    LiveStream stream =
        new LiveStream(
            new Turn(asked.request(), TO, point, Duration.ZERO, null, "", false), sink, 4);
    assertThat(registry.open(stream, 0)).isTrue();
    return stream;
  }

  private LiveStream open(String session, String id, KeptEvents sink, long now) {
    LiveStream stream = new LiveStream(turn(session, id), sink, 4);
    assertThat(registry.open(stream, now)).isTrue();
    return stream;
  }

  private static Turn turn(String session, String id) {
    return new Turn(Request.newBuilder().setSession(session).setRequestId(id).build(), TO);
  }
}
