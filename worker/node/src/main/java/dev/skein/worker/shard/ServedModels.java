package dev.skein.worker.shard;

import dev.skein.proto.Fingerprint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The models of a pool, of which every worker holds every one.
 *
 * @param models at least one; the first answers requests that name none
 */
public record ServedModels(List<ServedModel> models) {

  /** Checks that there is a model. */
  public ServedModels {
    models = List.copyOf(models);
    if (models.isEmpty()) {
      throw new IllegalArgumentException("a worker serves at least one model");
    }
  }

  /**
   * The model of a request. What has read nothing was made by no weights.
   *
   * @throws Rejection if there is none of that name, or the session belongs to another
   */
  ServedModel of(String name, Session session) throws Rejection {
    String wanted = name.isEmpty() ? session.model() : name;
    ServedModel model = find(wanted);
    if (!session.model().isEmpty() && !session.model().equals(model.name())) {
      throw new Rejection(
          "model_mismatch",
          "Session %s belongs to model %s; a session keeps its model. Start another session for %s."
              .formatted(session.id, session.model(), model.name()));
    }
    Fingerprint stored = session.fingerprint();
    if (stored != null && !session.isFresh() && !model.made(stored)) {
      throw model.otherWeights(session);
    }
    return model;
  }

  /**
   * The model that is served now instead of the one that made a session, or null if that one still
   * is.
   *
   * @param asked the model that the request names; empty: none
   */
  @Nullable ServedModel successor(Session session, String asked) throws Rejection {
    Fingerprint made = session.fingerprint();
    boolean isServed = models.stream().anyMatch(model -> model.name().equals(session.model()));
    ServedModel now = find(isServed ? session.model() : asked);
    return made == null || now.made(made) ? null : now;
  }

  /**
   * The model of a state that comes from elsewhere.
   *
   * @throws Rejection if it was made by no model that is served here
   */
  ServedModel of(String name, Fingerprint made) throws Rejection {
    ServedModel model = find(name);
    if (!model.made(made)) {
      throw new Rejection(
          "fingerprint_mismatch",
          "This state was made by other weights than those now served as %s; it cannot be used with them."
              .formatted(model.name()));
    }
    return model;
  }

  private ServedModel find(String name) throws Rejection {
    if (name.isEmpty()) {
      return models.getFirst();
    }
    for (ServedModel model : models) {
      if (model.name().equals(name)) {
        return model;
      }
    }
    throw new Rejection(
        "model_not_found",
        "No model %s here. This pool serves: %s."
            .formatted(name, String.join(", ", models.stream().map(ServedModel::name).toList())));
  }
}
