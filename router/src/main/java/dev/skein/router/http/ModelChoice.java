package dev.skein.router.http;

import dev.skein.proto.ModelCard;
import dev.skein.router.admission.Caller;
import dev.skein.router.openai.ApiError;
import dev.skein.router.openai.ApiException;
import dev.skein.router.sessions.Pools;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Which model answers a call, and so in which pool: the one that it names; without a name that of
 * the session that it goes on with, if there is more than one pool to look in, else the first
 * pool's.
 */
final class ModelChoice {
  private final Models models;
  private final Pools pools;

  /**
   * What a call says of that.
   *
   * @param model name of a model, or null
   * @param session as the client names it; "" for none
   * @param pool which an id that the client sends names; "" for none
   */
  record Wish(@Nullable String model, String session, String pool) {}

  ModelChoice(Models models, Pools pools) {
    this.models = models;
    this.pools = pools;
  }

  /** The model of a call; fails if there is none such. */
  CompletionStage<ModelCard> of(Wish wish, Caller caller) throws ApiException {
    Pools among = pools.named(wish.pool());
    if (among == null) {
      throw new ApiException(ApiError.poolNotFound(wish.pool()));
    }
    String name = wish.model();
    if (name != null) {
      return CompletableFuture.completedStage(named(name, wish.pool()));
    }
    if (wish.session().isEmpty() || among.isOne()) {
      return CompletableFuture.completedStage(usual(among.first().name()));
    }
    return among
        .find(caller.onBus(wish.session()))
        .thenCompose(found ->
            Step.taken(() ->
                CompletableFuture.completedStage(
                    found == null
                        ? usual(among.first().name())
                        : kept(found.pool().name(), found.row().model()))));
  }

  private ModelCard named(String name, String pool) throws ApiException {
    ModelCard card = pool.isEmpty() ? models.find(name) : models.of(pool).get(name);
    if (card != null) {
      return card;
    }
    throw new ApiException(
        models.models().isEmpty()
            ? ApiError.unavailable("No worker has announced a model yet.")
            : ApiError.modelNotFound(name));
  }

  /** The model of those who name none. */
  ModelCard usual(String pool) throws ApiException {
    ModelCard card = models.defaultModel(pool);
    if (card != null) {
      return card;
    }
    throw new ApiException(
        ApiError.unavailable(
            pools.isOne()
                ? "No worker has announced a model yet."
                : "No worker of the pool '" + pool + "' has announced a model yet."));
  }

  /** A session's own model, as long as it is served. */
  private ModelCard kept(String pool, String model) throws ApiException {
    ModelCard card = models.of(pool).get(model);
    return card != null ? card : usual(pool);
  }

  /** What ids have to say of a model's pool, so that they find it again. */
  String mark(ModelCard model) {
    return pools.mark(model.getPool());
  }
}
