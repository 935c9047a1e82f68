package dev.skein.router.delivery;

import dev.skein.router.RouterLimits;
import dev.skein.router.admission.Caller;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.MailboxSelector;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.javadsl.Source;

/** Where HTTP gets the events of a turn from: each pool has a receiver of its own. */
public final class Deliveries {
  /**
   * Pushes that may wait for the receiver. It needs microseconds for each, so this is seconds of a
   * full cluster.
   */
  private static final int MAILBOX = 65_536;

  /**
   * The registry ends every answer in time; should a message to it be lost, the source ends this
   * much later.
   */
  private static final Duration GRACE = Duration.ofSeconds(15);

  private final Map<String, ActorRef<Object>> receivers;
  private final RouterLimits limits;

  private Deliveries(Map<String, ActorRef<Object>> receivers, RouterLimits limits) {
    this.receivers = Map.copyOf(receivers);
    this.limits = limits;
  }

  /**
   * Starts the receiving actors.
   *
   * @param name what the actors' names begin with, unique in the system
   * @param pools the lines of each pool, by its name
   * @param nanoTime a clock that never goes back
   */
  public static Deliveries start(
      ActorSystem<?> system,
      String name,
      RouterLimits limits,
      Map<String, Lines> pools,
      StreamMetrics metrics,
      LongSupplier nanoTime) {
    StreamCount count = new StreamCount(limits.streams());
    Map<String, ActorRef<Object>> receivers = new HashMap<>();
    pools.forEach((pool, lines) ->
        receivers.put(
            pool,
            system.systemActorOf(
                Receiver.create(limits, count, lines, metrics, nanoTime),
                name + "-" + pool,
                MailboxSelector.bounded(MAILBOX))));
    return new Deliveries(receivers, limits);
  }

  private ActorRef<Object> receiver(Turn turn) {
    return Objects.requireNonNull(receivers.get(turn.pool()), turn.pool());
  }

  /**
   * The events of a turn, which is published when this source is run, under the names that its
   * caller's tenant has on the bus and within the caller's quotas. It ends after the last choice's
   * end or after a failure; it fails only to cut off a client that does not read. A client that
   * cancels it cancels the turn.
   */
  public Source<StreamEvent, Delivery> deliver(Turn turn, Caller caller) {
    Turn scoped = caller.scoped(turn);
    return Source.fromMaterializer(
            (materializer, attributes) -> {
              StreamFailure refused = caller.enter(scoped);
              return refused != null
                  ? Source.<StreamEvent>single(refused)
                      .<Delivery>mapMaterializedValue(none -> () -> {})
                  : counted(deliver(scoped), caller, scoped.looksOn());
            })
        .mapMaterializedValue(delivery ->
            () -> {
              var _ = delivery.thenAccept(Delivery::abandon);
            });
  }

  /** What a caller's answer costs is known when it is over, however it ends. */
  private static Source<StreamEvent, Delivery> counted(
      Source<StreamEvent, Delivery> events, Caller caller, boolean isFree) {
    AnswerCost cost = new AnswerCost();
    return events
        .map(event -> {
          cost.add(event);
          return event instanceof StreamFailure failure
              ? new StreamFailure(
                  failure.code(), caller.ownWords(failure.message()), failure.retryAfterSeconds())
              : event;
        })
        .watchTermination((delivery, done) -> {
          done.whenComplete((end, error) -> caller.leave(isFree ? 0 : cost.tokens()));
          return delivery;
        });
  }

  private Source<StreamEvent, Delivery> deliver(Turn turn) {
    return Source.<StreamEvent>queue(limits.bufferedEvents())
        .mapMaterializedValue(queue -> open(turn, queue))
        .watchTermination((delivery, done) -> {
          done.whenComplete((end, error) -> delivery.abandon());
          return delivery;
        })
        .idleTimeout(limits.patience().firstToken().plus(limits.patience().silence()).plus(GRACE))
        .recover(
            TimeoutException.class,
            () -> new StreamFailure(FailureCodes.UNAVAILABLE, "the request was lost"));
  }

  /** Asks the owner of a turn to end it; the effect is the turn's end event. */
  public void cancel(Turn turn, Caller caller) {
    receiver(turn).tell(new Receiver.Cancel(caller.scoped(turn)));
  }

  private Delivery open(Turn turn, BoundedSourceQueue<StreamEvent> queue) {
    LiveStream stream =
        new LiveStream(
            turn, new QueueSink(queue, limits.bufferedEvents()), limits.bufferedEvents());
    ActorRef<Object> receiver = receiver(turn);
    receiver.tell(new Receiver.Open(stream));
    return () -> receiver.tell(new Receiver.ClientGone(stream));
  }

  /** Stops the receivers; answers under way end with an error. */
  public void close() {
    receivers.values().forEach(receiver -> receiver.tell(Receiver.Stop.STOP));
  }

  /** An answer under way, as its connection sees it. */
  public interface Delivery {
    /** The client is gone. Without effect when the answer has ended. */
    void abandon();
  }
}
