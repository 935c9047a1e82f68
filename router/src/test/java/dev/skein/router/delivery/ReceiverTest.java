package dev.skein.router.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.skein.proto.Request;
import dev.skein.proto.TokenEvents;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.MailboxSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReceiverTest {
  private static final Destination TO = new Destination("main", "m", 4);
  private static final Duration COME_BACK = Duration.ofSeconds(3);

  /** Fails at one session in a way that nobody thought of. */
  private static final class BrokenLine implements TurnPublisher {
    final ConcurrentLinkedQueue<String> published = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<String> said = new ConcurrentLinkedQueue<>();
    volatile String address = "";

    @Override
    public void publish(Turn turn, String pushAddress, Outcome outcome) {
      if (turn.session().equals("broken")) {
        throw new IllegalArgumentException("broken");
      }
      address = pushAddress;
      published.add(turn.session());
    }

    @Override
    public void cancel(String session, String requestId, int partition, String pushAddress) {
      said.add("cancel " + session + " " + pushAddress);
    }

    @Override
    public void await(Turn turn, String pushAddress) {
      said.add("await " + turn.session() + " " + pushAddress);
    }
  }

  private static final class NoLog implements TokenLog {
    volatile @Nullable Listener listener;

    @Override
    public void listen(Listener to) {
      listener = to;
    }

    @Override
    public long read(int shard, long from, Duration age) {
      return 0;
    }

    @Override
    public void stop(int shard) {}
  }

  @Test
  void aFaultEndsTheAnswersUnderWayAndNotThoseThatFollow() throws Exception {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "receivers");
    try {
      BrokenLine line = new BrokenLine();
      StreamCount count = new StreamCount(2);
      ActorRef<Object> receiver =
          system.systemActorOf(
              Receiver.create(
                  RouterLimits.defaults(),
                  count,
                  new Lines(line, new NoLog()),
                  new StreamMetrics(new SimpleMeterRegistry()),
                  System::nanoTime),
              "receiver",
              Props.empty());
      KeptEvents before = new KeptEvents(9);
      KeptEvents broken = new KeptEvents(9);
      KeptEvents after = new KeptEvents(9);
      open(receiver, "before", before);
      open(receiver, "broken", broken);
      open(receiver, "after", after);
      await().atMost(20, TimeUnit.SECONDS).until(() -> line.published.contains("after"));
      for (KeptEvents ended : List.of(before, broken)) {
        assertThat(ended.events)
            .containsExactly(
                new StreamFailure(FailureCodes.UNAVAILABLE, "the router failed at another answer"));
        assertThat(ended.completed).isTrue();
      }
      assertThat(after.events).isEmpty();
      assertThat(count.isFull()).as("only one of two is under way").isFalse();
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void whatWasReadIsNotLostWhereTheMailboxIsFull() throws Exception {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "receivers");
    try {
      BrokenLine line = new BrokenLine();
      NoLog log = new NoLog();
      Semaphore clock = new Semaphore(0);
      CountDownLatch stands = new CountDownLatch(1);
      ActorRef<Object> receiver =
          system.systemActorOf(
              Receiver.create(
                  RouterLimits.defaults(),
                  new StreamCount(9),
                  new Lines(line, log),
                  new StreamMetrics(new SimpleMeterRegistry()),
                  () -> {
                    if (!line.published.isEmpty()) {
                      stands.countDown();
                      clock.acquireUninterruptibly();
                      clock.release();
                    }
                    return System.nanoTime();
                  }),
              "receiver",
              MailboxSelector.bounded(4));
      KeptEvents sink = new KeptEvents(9);
      open(receiver, "alice", sink);
      assertThat(stands.await(20, TimeUnit.SECONDS)).as("at the first tick").isTrue();
      for (int i = 0; i < 9; i++) {
        receiver.tell(TokenEvents.getDefaultInstance());
      }
      CountDownLatch done = new CountDownLatch(1);
      TokenLog.Logged read = new TokenLog.Logged(7, TurnEvents.token("alice", "r", 0));
      Objects.requireNonNull(log.listener).read(0, List.of(read), done::countDown);
      clock.release();
      assertThat(done.await(20, TimeUnit.SECONDS)).as("more may be read").isTrue();
      assertThat(sink.events).hasSize(1);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void whatAnotherRouterMayBeAskedForIsCancelledInItsOwnName() throws Exception {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "receivers");
    try {
      BrokenLine line = new BrokenLine();
      AtomicLong now = new AtomicLong(Duration.ofSeconds(1).toNanos());
      ActorRef<Object> receiver =
          system.systemActorOf(
              Receiver.create(
                  RouterLimits.defaults(),
                  new StreamCount(9),
                  new Lines(line, new NoLog()),
                  new StreamMetrics(new SimpleMeterRegistry()),
                  now::get),
              "receiver",
              Props.empty());
      LiveStream unnamed = stream("unnamed", Duration.ZERO, null);
      LiveStream named = stream("named", COME_BACK, null);
      LiveStream resumed = stream("resumed", COME_BACK, new ResumePoint(0, 0, 3, 7, ""));
      for (LiveStream stream : List.of(unnamed, named, resumed)) {
        receiver.tell(new Receiver.Open(stream));
        receiver.tell(new Receiver.ClientGone(stream));
      }
      await().atMost(20, TimeUnit.SECONDS).until(() -> line.said.size() == 2);
      now.set(Duration.ofSeconds(5).toNanos());
      await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> line.said.stream().filter(said -> said.endsWith(line.address)).count() >= 3);
      assertThat(line.address).isNotEmpty();
      assertThat(Set.copyOf(line.said))
          .containsExactlyInAnyOrder(
              "cancel unnamed ",
              "await resumed " + line.address,
              "cancel named " + line.address,
              "cancel resumed " + line.address);
      receiver.tell(new Receiver.Cancel(named.turn()));
      await().atMost(20, TimeUnit.SECONDS).until(() -> line.said.contains("cancel named "));
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  private static LiveStream stream(
      String session, Duration comeBack, @Nullable ResumePoint resume) {
    Request request = Request.newBuilder().setSession(session).setRequestId("r").build();
    Turn turn = new Turn(request, TO, resume, comeBack, null, "", false);
    return new LiveStream(turn, new KeptEvents(9), 4);
  }

  private static void open(ActorRef<Object> receiver, String session, KeptEvents sink) {
    Request request = Request.newBuilder().setSession(session).setRequestId("r").build();
    receiver.tell(new Receiver.Open(new LiveStream(new Turn(request, TO), sink, 4)));
  }
}
