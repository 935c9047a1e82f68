package dev.skein.router.delivery;

import dev.skein.proto.TokenEvent;
import dev.skein.proto.TokenEvents;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The address that owners of one pool push to: the one thread that owns the pool's {@link
 * StreamRegistry}. Its mailbox is bounded by who spawns it; a push that finds it full is lost like
 * one on the way, and the answer then ends with an error. What was read from Kafka is not lost so:
 * it lies in a {@link Backlog}.
 *
 * <p>Its messages are {@link TokenEvents} from the bus and {@link Local} ones from the router. The
 * clock ticks only while answers are under way. A fault of ours ends the answers under way, not the
 * receiver.
 */
final class Receiver extends AbstractBehavior<Object> {
  private static final Duration TICK = Duration.ofMillis(200);

  /** What the router's own threads say to the receiver. */
  sealed interface Local {}

  /** A client waits for an answer: admit it and publish its turn. */
  record Open(LiveStream stream) implements Local {}

  /** A client is gone. */
  record ClientGone(LiveStream stream) implements Local {}

  /** A turn is to be ended, whoever waits for it. */
  record Cancel(Turn turn) implements Local {}

  /** The router closes. */
  enum Stop implements Local {
    STOP
  }

  private record Published(LiveStream stream, int partition) implements Local {}

  /** Something was read from Kafka. Should this be lost, the next tick finds what was read. */
  private enum Heard implements Local {
    HEARD
  }

  private record PublishFailed(LiveStream stream, StreamFailure failure) implements Local {}

  private enum Tick implements Local {
    TICK
  }

  private final TimerScheduler<Object> timers;
  private final TurnPublisher publisher;
  private final StreamRegistry registry;
  private final LongSupplier nanoTime;
  private final String address;
  private final Backlog backlog;

  private Receiver(
      ActorContext<Object> context,
      TimerScheduler<Object> timers,
      RouterLimits limits,
      StreamCount count,
      Lines lines,
      Backlog backlog,
      StreamMetrics metrics,
      LongSupplier nanoTime) {
    super(context);
    this.backlog = backlog;
    this.timers = timers;
    this.publisher = lines.requests();
    this.registry = new StreamRegistry(limits, count, this::cancel, lines.log(), metrics);
    this.nanoTime = nanoTime;
    this.address =
        ActorRefResolver.get(context.getSystem()).toSerializationFormat(context.getSelf());
    lines.log().listen(backlog);
  }

  static Behavior<Object> create(
      RouterLimits limits,
      StreamCount count,
      Lines lines,
      StreamMetrics metrics,
      LongSupplier nanoTime) {
    return Behaviors.setup(outer -> {
      ActorRef<Object> self = outer.getSelf();
      Backlog backlog = new Backlog(() -> self.tell(Heard.HEARD)); // outlives a fault
      return Behaviors.supervise(
              Behaviors.<Object>setup(context ->
                  Behaviors.withTimers(timers ->
                      new Receiver(
                          context, timers, limits, count, lines, backlog, metrics, nanoTime))))
          .onFailure(SupervisorStrategy.restart());
    });
  }

  @Override
  public Receive<Object> createReceive() {
    return newReceiveBuilder()
        .onMessage(TokenEvents.class, this::onPush)
        .onMessage(Local.class, this::onLocal)
        .onSignal(PostStop.class, signal -> giveUp("the router is stopping"))
        .onSignal(PreRestart.class, signal -> giveUp("the router failed at another answer"))
        .build();
  }

  private Behavior<Object> onPush(TokenEvents events) {
    long now = nanoTime.getAsLong();
    boolean placed = events.getOffsetsCount() == events.getEventsCount();
    for (int i = 0; i < events.getEventsCount(); i++) {
      TokenEvent event = events.getEvents(i);
      if (placed) {
        registry.pushed(event, events.getShard(), events.getOffsets(i), now);
      } else {
        registry.deliver(event, -1, now);
      }
    }
    return this;
  }

  private Behavior<Object> onLocal(Local message) {
    long now = nanoTime.getAsLong();
    switch (message) {
      case Open open -> open(open.stream(), now);
      case ClientGone gone -> registry.clientGone(gone.stream(), now);
      case Cancel cancel -> {
        Turn turn = cancel.turn();
        publisher.cancel(turn.session(), turn.requestId(), turn.shard(turn.shards()), "");
      }
      case Published done -> registry.published(done.stream(), done.partition(), now);
      case PublishFailed failed -> registry.publishFailed(failed.stream(), failed.failure());
      case Tick tick -> {
        backlog.tell(registry, now);
        registry.tick(now);
      }
      case Heard heard -> backlog.tell(registry, now);
      case Stop stop -> {
        return Behaviors.stopped();
      }
    }
    if (registry.empty()) {
      timers.cancelAll();
    }
    return this;
  }

  private void open(LiveStream stream, long now) {
    if (!registry.open(stream, now)) {
      return;
    }
    if (!timers.isTimerActive(Tick.TICK)) {
      timers.startTimerWithFixedDelay(Tick.TICK, Tick.TICK, TICK);
    }
    if (stream.turn().resume() == null && !stream.isAgain) {
      publisher.publish(stream.turn(), address, new ToSelf(stream));
    } else if (stream.turn().mayComeBack()) {
      publisher.await(stream.turn(), address);
    }
  }

  /** A client that names its requests may have gone to another router. */
  private void cancel(LiveStream stream) {
    String leaving = stream.turn().mayComeBack() ? address : "";
    publisher.cancel(stream.session, stream.turn().requestId(), stream.partition, leaving);
  }

  private Behavior<Object> giveUp(String why) {
    registry.close(why);
    return this;
  }

  /** Brings a publication's outcome from the publisher's thread to this actor's. */
  private final class ToSelf implements TurnPublisher.Outcome {
    private final LiveStream stream;
    private final ActorRef<Object> self = getContext().getSelf();

    ToSelf(LiveStream stream) {
      this.stream = stream;
    }

    @Override
    public void published(int partition) {
      self.tell(new Published(stream, partition));
    }

    @Override
    public void failed(StreamFailure failure) {
      self.tell(new PublishFailed(stream, failure));
    }
  }
}
