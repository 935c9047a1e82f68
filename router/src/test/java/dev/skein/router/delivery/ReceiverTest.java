package dev.skein.router.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

class ReceiverTest {
  private static final Destination TO = new Destination("main", "m", 4);

  /** Fails at one session in a way that nobody thought of. */
  private static final class BrokenLine implements TurnPublisher {
    final ConcurrentLinkedQueue<String> published = new ConcurrentLinkedQueue<>();

    @Override
    public void publish(Turn turn, String pushAddress, Outcome outcome) {
      if (turn.session().equals("broken")) {
        throw new IllegalArgumentException("broken");
      }
      published.add(turn.session());
    }

    @Override
    public void cancel(String session, String requestId, int partition) {}
  }

  private static final class NoLog implements TokenLog {
    @Override
    public void listen(Listener listener) {}

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

  private static void open(ActorRef<Object> receiver, String session, KeptEvents sink) {
    Request request = Request.newBuilder().setSession(session).setRequestId("r").build();
    receiver.tell(new Receiver.Open(new LiveStream(new Turn(request, TO), sink, 4)));
  }
}
