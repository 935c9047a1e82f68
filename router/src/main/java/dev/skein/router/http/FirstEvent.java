package dev.skein.router.http;

import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.StreamEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.StreamSubscriptionTimeoutTerminationMode;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** What a streamed answer waits for before its status is told. */
final class FirstEvent {
  private FirstEvent() {}

  /**
   * The first event of an answer, if there is one, and the rest.
   *
   * @param patience how long the rest may lie there before the connection takes it. Where thousands
   *     ask at once that takes seconds, and an answer that is given up then is a connection reset
   */
  static Pair<Delivery, CompletionStage<Pair<List<StreamEvent>, Source<StreamEvent, NotUsed>>>> of(
      Source<StreamEvent, Delivery> events, Duration patience, ActorSystem<?> system) {
    return events
        .prefixAndTail(1)
        .addAttributes(
            ActorAttributes.streamSubscriptionTimeout(
                patience, StreamSubscriptionTimeoutTerminationMode.cancel()))
        .toMat(Sink.head(), Keep.both())
        .run(system);
  }
}
