package dev.skein.router.http;

import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.FailureCodes;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.Turn;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.SseWriter;
import dev.skein.router.openai.responses.ResponseWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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

  private static final Duration PULSE = Duration.ofMillis(500);

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
        FirstEvent.of(
            deliveries
                .deliver(turn, connection.caller())
                .filterNot(StreamEvent.Present.class::isInstance),
            limits.patience().silence(),
            system);
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
                  .keepAlive(limits.patience().keepAlive(), () -> KEEP_ALIVE));
        });
  }

  /** Reads what the log tells of a turn, for as long as it is listened to. */
  CompletionStage<ResponseWriter> gathered(
      Turn turn, ResponseWriter writer, Attention attention, Connection connection) {
    return deliveries
        .deliver(turn, connection.caller())
        .map(Optional::of)
        .keepAlive(PULSE, Optional::empty)
        .takeWhile(attention::goesOn, true)
        .mapConcat(event -> event.stream().toList())
        .runWith(Sink.foldAsync(writer, ResponseDelivery::told), system);
  }

  private static CompletionStage<ResponseWriter> told(ResponseWriter told, StreamEvent event) {
    if (event instanceof StreamFailure failure && isOfLooking(failure)) {
      return CompletableFuture.failedStage(new ApiException(ApiError.of(failure)));
    }
    var ignored = told.write(event);
    return CompletableFuture.completedStage(told);
  }

  /** The turn itself did not fail, or not yet. */
  private static boolean isOfLooking(StreamFailure failure) {
    return failure.retryAfterSeconds() != null
        || failure.code().equals(FailureCodes.TOO_MANY)
        || failure.code().equals(FailureCodes.UNAVAILABLE);
  }
}
