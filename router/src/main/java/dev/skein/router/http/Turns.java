package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import dev.skein.proto.Request;
import dev.skein.router.RouterLimits;
import dev.skein.router.delivery.ResumePoint;
import dev.skein.router.delivery.Turn;
import dev.skein.router.openai.AnswerHead;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes turns of checked calls: which model answers, under which id, within which size. */
final class Turns {
  private final RouterLimits limits;
  private final Models models;
  private final Supplier<String> requestIds;
  private final InstantSource clock;

  /**
   * @param requestIds ids for requests whose clients gave none, never the same twice
   */
  Turns(RouterLimits limits, Models models, Supplier<String> requestIds, InstantSource clock) {
    this.limits = limits;
    this.models = models;
    this.requestIds = requestIds;
    this.clock = clock;
  }

  /**
   * The model of a call.
   *
   * @param name what the client named, or null
   */
  ModelCard model(@Nullable String name) throws ApiException {
    ModelCard card = name == null ? models.defaultModel() : models.find(name);
    if (card != null) {
      return card;
    }
    throw new ApiException(
        models.models().isEmpty()
            ? ApiError.unavailable("No worker has announced a model yet.")
            : ApiError.modelNotFound(String.valueOf(name)));
  }

  /**
   * The turns of a call, one a request. Requests without an id get one; those of one call have ids
   * that begin alike.
   *
   * @param resume the last event that the client has of the answer, or null
   */
  List<Turn> of(List<Request> requests, ModelCard model, @Nullable ResumePoint resume)
      throws ApiException {
    if (resume != null && model.getShards() == 0) {
      throw new ApiException(ApiError.unavailable("The pool's shards are not known yet."));
    }
    String given = requests.getFirst().getRequestId();
    String id = given.isEmpty() ? requestIds.get() : given;
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
      turns.add(
          new Turn(built, model.getName(), model.getShards(), resume, !given.isEmpty(), null));
    }
    return turns;
  }

  /** An id that was never given before. */
  String newId() {
    return requestIds.get();
  }

  /** What all parts of an answer say. */
  AnswerHead head(String id, ModelCard model) {
    return new AnswerHead(
        id, clock.instant().getEpochSecond(), model.getName(), AnswerHead.fingerprint(model));
  }
}
