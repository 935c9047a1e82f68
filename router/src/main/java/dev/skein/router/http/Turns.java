package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.Affinity;
import dev.skein.router.delivery.Destination;
import dev.skein.router.delivery.ResumePoint;
import dev.skein.router.delivery.Turn;
import dev.skein.router.openai.AnswerHead;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes turns of checked calls: under which id, within which size. */
final class Turns {
  private final RouterLimits limits;
  private final Supplier<String> requestIds;
  private final InstantSource clock;
  private final Affinity affinity;

  /**
   * @param requestIds ids for requests whose clients gave none, never the same twice
   */
  Turns(RouterLimits limits, Supplier<String> requestIds, InstantSource clock, Affinity affinity) {
    this.limits = limits;
    this.requestIds = requestIds;
    this.clock = clock;
    this.affinity = affinity;
  }

  /**
   * The turns of a call, one a request. Requests without an id get one; those of one call have ids
   * that begin alike.
   *
   * @param resume the last event that the client has of the answer, or null
   */
  List<Turn> of(List<Request> requests, ModelCard model, @Nullable ResumePoint resume)
      throws ApiException {
    String given = requests.getFirst().getRequestId();
    return of(requests, model, resume, given.isEmpty() ? requestIds.get() : given);
  }

  /**
   * The same for prompts that others may begin like: those without a session go where the others
   * went.
   *
   * @param cacheKey what the client names the beginning, or null
   */
  List<Turn> together(
      List<Request> requests,
      ModelCard model,
      @Nullable ResumePoint resume,
      @Nullable String cacheKey)
      throws ApiException {
    Request first = requests.getFirst();
    String given = first.getRequestId();
    return of(requests, model, resume, given.isEmpty() ? newId(first, cacheKey) : given).stream()
        .map(turn -> turn.beginningWith(Affinity.beginning(turn.request(), cacheKey)))
        .toList();
  }

  private List<Turn> of(
      List<Request> requests, ModelCard model, @Nullable ResumePoint resume, String id)
      throws ApiException {
    if (resume != null && model.getShards() == 0) {
      throw new ApiException(ApiError.unavailable("The pool's shards are not known yet."));
    }
    boolean named = !requests.getFirst().getRequestId().isEmpty();
    Duration comeBack = named ? limits.patience().comeBack() : Duration.ZERO;
    List<Turn> turns = new ArrayList<>(requests.size());
    for (int i = 0; i < requests.size(); i++) {
      Request built =
          requests.get(i).toBuilder()
              .setModel(model.getName())
              .setRequestId(i == 0 ? id : id + "." + i)
              .build();
      if (built.getSerializedSize() > limits.recordBytes()) {
        throw new ApiException(ApiError.tooLarge(limits.recordBytes()));
      }
      turns.add(new Turn(built, Destination.of(model), resume, comeBack, null, "", false));
    }
    return turns;
  }

  /** The same turn, whose client gave it no name and counts its retries. */
  Turn counted(Turn turn) {
    return turn.backWithin(limits.patience().retry());
  }

  /** The same turn, whose client gave it no name and cannot ask for it again. */
  Turn unnamed(Turn turn) {
    return turn.backWithin(Duration.ZERO);
  }

  /** An id that was never given before. */
  String newId() {
    return requestIds.get();
  }

  /** The same for a request, which it sends where others go that begin like it. */
  String newId(Request request, @Nullable String cacheKey) {
    String id = requestIds.get();
    return request.getSession().isEmpty()
        ? affinity.laned(Affinity.beginning(request, cacheKey), id)
        : id;
  }

  /**
   * What all parts of an answer say.
   *
   * @param mark what ids have to say of the model's pool
   * @param session that the client is to be told; "" for none
   */
  AnswerHead head(String id, ModelCard model, String mark, String session) {
    return new AnswerHead(
        id,
        clock.instant().getEpochSecond(),
        model.getName(),
        AnswerHead.fingerprint(model),
        mark,
        session);
  }
}
