package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import dev.skein.router.admission.Caller;
import dev.skein.router.delivery.Deliveries;
import dev.skein.router.delivery.Deliveries.Delivery;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.Turn;
import dev.skein.router.http.ModelChoice.Wish;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.openai.CallHeaders;
import dev.skein.router.openai.EmbeddingAnswer;
import dev.skein.router.openai.EmbeddingCall;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** {@code POST /v1/embeddings}: a turn of kind embed for each text, a bounded number at a time. */
final class EmbeddingsRoute {
  private static final int AT_ONCE = 16;

  private final ActorSystem<?> system;
  private final ModelChoice models;
  private final Turns turns;
  private final Deliveries deliveries;

  EmbeddingsRoute(ActorSystem<?> system, ModelChoice models, Turns turns, Deliveries deliveries) {
    this.system = system;
    this.models = models;
    this.turns = turns;
    this.deliveries = deliveries;
  }

  CompletionStage<HttpResponse> answer(byte[] body, CallHeaders headers, Connection connection)
      throws ApiException {
    EmbeddingCall call = EmbeddingCall.parse(body, headers);
    return models
        .of(new Wish(call.model(), "", ""), connection.caller())
        .thenCompose(model -> Step.taken(() -> answer(call, model, connection)));
  }

  private CompletionStage<HttpResponse> answer(
      EmbeddingCall call, ModelCard model, Connection connection) throws ApiException {
    List<Turn> all = turns.of(call.requests(), model, null);
    Running running = new Running(connection.caller());
    connection.answering(running);
    return Source.from(all)
        .mapAsync(AT_ONCE, turn -> running.end(turn))
        .takeWhile(event -> event instanceof StreamEvent.ChoiceEnd, true)
        .runWith(Sink.seq(), system)
        .thenApply(ends -> whole(call, ends, all, model));
  }

  private static HttpResponse whole(
      EmbeddingCall call, List<StreamEvent> ends, List<Turn> all, ModelCard model) {
    EmbeddingAnswer answer = new EmbeddingAnswer(call, model.getName());
    for (StreamEvent end : ends) {
      if (end instanceof StreamEvent.ChoiceEnd vector && !vector.embedding().isEmpty()) {
        answer.add(vector);
      } else if (end instanceof StreamEvent.StreamFailure failure) {
        return Responses.error(ApiError.of(failure));
      } else {
        return Responses.error(ApiError.internal());
      }
    }
    return Responses.json(200, answer.toJson())
        .addHeader(RawHeader.create("x-request-id", all.getFirst().requestId()));
  }

  /** The turns of one call that are under way. */
  private final class Running implements Delivery {
    private final Set<Delivery> current = ConcurrentHashMap.newKeySet();
    private final Caller caller;
    private volatile boolean abandoned;

    Running(Caller caller) {
      this.caller = caller;
    }

    /** Runs a turn to its last event. */
    CompletionStage<StreamEvent> end(Turn turn) {
      Pair<Delivery, CompletionStage<StreamEvent>> run =
          deliveries.deliver(turn, caller).toMat(Sink.last(), Keep.both()).run(system);
      Delivery delivery = run.first();
      current.add(delivery);
      if (abandoned) {
        delivery.abandon();
      }
      return run.second().whenComplete((end, error) -> current.remove(delivery));
    }

    @Override
    public void abandon() {
      abandoned = true;
      current.forEach(Delivery::abandon);
    }
  }
}
