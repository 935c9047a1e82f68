package dev.skein.router.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.proto.ModelCard;
import dev.skein.router.openai.ApiError;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
final class ModelsRoute {
  private final Models models;

  ModelsRoute(Models models) {
    this.models = models;
  }

  HttpResponse list() {
    ObjectNode root = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = root.putArray("data");
    models.models().values().forEach(card -> data.add(toJson(card)));
    return Responses.json(200, root);
  }

  HttpResponse show(String name) {
    ModelCard card = models.find(name);
    return card == null
        ? Responses.error(ApiError.modelNotFound(name))
        : Responses.json(200, toJson(card));
  }

  private static ObjectNode toJson(ModelCard card) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", card.getName())
        .put("object", "model")
        .put("created", card.getCreatedSeconds())
        .put("owned_by", "skein")
        .put("pool", card.getPool())
        .put("architecture", card.getArchitecture())
        .put("quantization", card.getQuantization())
        .put("context_trained", Integer.toUnsignedLong(card.getContextTrained()))
        .put("state_bytes", card.getStateBytes());
  }
}
