package dev.skein.router.http;

import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.SseWriter;
import dev.skein.router.openai.responses.ResponseWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** The ways in which a response's turn comes to its client: as it grows, or as it stands. */
final class ResponseDelivery {
  private static final ByteString KEEP_ALIVE = ByteString.fromString(SseWriter.KEEP_ALIVE);

  /** The log is silent for so long: it has told all that there is. */
  private static final Duration SILENCE = Duration.ofMillis(500);

  private final ActorSystem<?> system;
  private final RouterLimits limits;
  private final Deliveries deliveries;

  ResponseDelivery(ActorSystem<?> system, RouterLimits limits, Deliveries deliveries) {
    this.system = system;
    this.limits = limits;
    this.deliveries = deliveries;
  }

  /** Asks the owner to end a turn. */
  void cancel(Turn turn, Connection connection) {
    deliveries.cancel(turn, connection.caller());
  }

  /** The response as it is before its turn has begun. */
  CompletionStage<HttpResponse> queued(Turn turn, ResponseWriter writer, Connection connection) {
    return deliveries
        .deliver(turn, connection.caller())
        .runWith(Sink.headOption(), system)
        .thenApply(first ->
            first.orElse(null) instanceof StreamFailure failure
                ? Responses.error(ApiError.of(failure))
                : Responses.json(200, writer.toJson()));
  }

  /** The response when its turn has ended. */
  CompletionStage<HttpResponse> whole(Turn turn, ResponseWriter writer, Connection connection) {
    Pair<Delivery, CompletionStage<Optional<StreamEvent>>> run =
        deliveries
            .deliver(turn, connection.caller())
            .map(event -> {
              if (!(event instanceof StreamFailure)) {
                var ignored = writer.write(event);
              }
              return event;
            })
            .toMat(Sink.lastOption(), Keep.both())
            .run(system);
    connection.answering(run.first());
    return run.second()
        .thenApply(last -> {
          if (last.orElse(null) instanceof StreamFailure failure) {
            return Responses.error(ApiError.of(failure));
          }
          return writer.ended()
              ? Responses.json(200, writer.toJson())
              : Responses.error(ApiError.internal());
        });
  }

  /**
   * The response's events.
   *
   * @param after number of the last event that the client has, -1 for none
   * @param refusal why a turn that begins so is not told, or null
   */
  CompletionStage<HttpResponse> streamed(
      Turn turn,
      ResponseWriter writer,
      int after,
      Connection connection,
      Function<StreamEvent, @Nullable ApiError> refusal) {
    Pair<Delivery, CompletionStage<Pair<List<StreamEvent>, Source<StreamEvent, NotUsed>>>> run =
        deliveries
            .deliver(turn, connection.caller())
            .prefixAndTail(1)
            .toMat(Sink.head(), Keep.both())
            .run(system);
    connection.answering(run.first());
    return run.second()
        .thenApply(begun -> {
          StreamEvent first = begun.first().isEmpty() ? null : begun.first().getFirst();
          ApiError error =
              switch (first) {
                case null -> ApiError.internal();
                case StreamFailure failure -> ApiError.of(failure);
                default -> refusal.apply(first);
              };
          if (first == null || error != null) {
            begun.second().runWith(Sink.cancelled(), system);
            return Responses.error(error == null ? ApiError.internal() : error);
          }
          return Responses.events(
              Source.single(first)
                  .concat(begun.second())
                  .mapConcat(writer::write)
                  .drop(after + 1L)
                  .map(ByteString::fromString)
                  .keepAlive(limits.keepAlive(), () -> KEEP_ALIVE));
        });
  }

  /** Reads what the log tells until it is silent, or as much as it tells of a turn that runs. */
  CompletionStage<ResponseWriter> gathered(
      Turn turn, ResponseWriter writer, Patience patience, Connection connection) {
    return deliveries
        .deliver(turn, connection.caller())
        .map(Optional::of)
        .keepAlive(SILENCE, Optional::empty)
        .takeWhile(patience::goesOn)
        .mapConcat(event -> event.stream().toList())
        .runWith(
            Sink.fold(
                writer,
                (told, event) -> {
                  var ignored = told.write(event);
                  return told;
                }),
            system);
  }

  /** How long the log is listened to. Used by one stream. */
  static final class Patience {
    private final Duration talking;
    private int before;
    private int within;
    private boolean heard;
    private long heardNanos;

    /**
     * @param before how many silences are borne before anything was heard
     * @param within how many after that
     * @param talking for how long one is listened to that goes on
     */
    Patience(int before, int within, Duration talking) {
      this.before = before;
      this.within = within;
      this.talking = talking;
    }

    boolean goesOn(Optional<StreamEvent> event) {
      if (event.isEmpty()) {
        return heard ? --within >= 0 : --before >= 0;
      }
      if (!heard) {
        heard = true;
        heardNanos = System.nanoTime();
      }
      return System.nanoTime() - heardNanos < talking.toNanos();
    }
  }
}
