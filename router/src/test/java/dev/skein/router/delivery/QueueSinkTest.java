package dev.skein.router.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import dev.skein.router.delivery.StreamEvent.Accepted;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QueueSinkTest {
  private static ActorSystem<Void> system;

  @BeforeAll
  static void start() {
    system = ActorSystem.create(Behaviors.empty(), "sinks");
  }

  @AfterAll
  static void stop() throws Exception {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void whatTheClientClosedIsClosedAgainWithoutHarm() {
    BoundedSourceQueue<StreamEvent> queue =
        Source.<StreamEvent>queue(2).to(Sink.cancelled()).run(system);
    await().atMost(20, TimeUnit.SECONDS).until(queue::isCompleted);
    QueueSink sink = new QueueSink(queue, 2);
    assertThatCode(sink::complete).doesNotThrowAnyException();
    assertThatCode(sink::abort).doesNotThrowAnyException();
    assertThat(sink.isClosed()).isTrue();
    assertThat(sink.room()).isZero();
    assertThat(sink.offer(new Accepted())).isFalse();
  }

  @Test
  void whatWaitsIsDeliveredBeforeTheEnd() throws Exception {
    var running = Source.<StreamEvent>queue(2).toMat(Sink.seq(), Keep.both()).run(system);
    QueueSink sink = new QueueSink(running.first(), 2);
    assertThat(sink.room()).isEqualTo(2);
    assertThat(sink.offer(new Accepted())).isTrue();
    sink.complete();
    assertThat(running.second().toCompletableFuture().get(20, TimeUnit.SECONDS))
        .containsExactly(new Accepted());
  }
}
