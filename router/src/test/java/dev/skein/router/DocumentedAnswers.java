package dev.skein.router;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What the document of the API says about an answer, judged by a validator of schemas. */
final class DocumentedAnswers {
  private static final JsonNode NOTHING = RouterRig.JSON.createObjectNode();
  private static final Set<Integer> OF_UNKNOWN_PATHS = Set.of(400, 404);

  private final JsonNode document;
  private final Map<JsonNode, JsonSchema> judges =
      Collections.synchronizedMap(new IdentityHashMap<>());

  private DocumentedAnswers(JsonNode document) {
    this.document = document;
  }

  /** As a router serves it. */
  static DocumentedAnswers served(Router by) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(RouterRig.uri(by, "/openapi.json")).build();
    return new DocumentedAnswers(
        RouterRig.JSON.readTree(RouterRig.CLIENT.send(request, BodyHandlers.ofString()).body()));
  }

  /**
   * An answer, as far as it is judged.
   *
   * @param type of its content, without parameters
   */
  record Answer(String method, String path, int status, String type, String body) {
    static Answer of(HttpResponse<String> answer) {
      return new Answer(
          answer.request().method(),
          answer.request().uri().getRawPath(),
          answer.statusCode(),
          answer.headers().firstValue("content-type").orElse("").split(";")[0],
          answer.body());
    }
  }

  /** Checks status, content type, and body or events. */
  void check(HttpResponse<String> answer, String what) {
    if (!answer.request().method().equals("HEAD")) {
      check(Answer.of(answer), what);
    }
  }

  void check(Answer answer, String what) {
    String method = answer.method();
    String path = answer.path();
    List<JsonNode> there = paths(path);
    JsonNode operation =
        there.stream()
            .map(item -> item.path(method.toLowerCase(Locale.ROOT)))
            .filter(JsonNode::isObject)
            .findFirst()
            .orElse(NOTHING);
    int status = answer.status();
    if (operation.isEmpty()) {
      assertThat(status).as(what).matches(s -> OF_UNKNOWN_PATHS.contains(s) || s == 405);
      assertThat(status == 405).as(what).isEqualTo(!there.isEmpty() && status != 400);
      validate(document.at("/components/schemas/Error"), answer.body(), what);
      return;
    }
    JsonNode response = resolved(operation.path("responses").path(Integer.toString(status)));
    assertThat(response.isObject())
        .as("%s: %s is documented: %s", what, status, answer.body())
        .isTrue();
    String type = answer.type();
    JsonNode content = response.path("content").path(type);
    assertThat(content.isObject()).as("%s: %s %s is documented", what, status, type).isTrue();
    if (type.equals("text/event-stream")) {
      events(answer.body()).forEach(data -> validate(content.path("x-event"), data, what));
    } else if (type.equals("application/json")) {
      validate(content.path("schema"), answer.body(), what);
    }
  }

  /** Those whose template fits; what is written out before what stands for anything. */
  private List<JsonNode> paths(String path) {
    return document.path("paths").properties().stream()
        .filter(entry -> path.matches(entry.getKey().replaceAll("\\{[^}]*}", "[^/]+")))
        .sorted((a, b) -> Boolean.compare(a.getKey().contains("{"), b.getKey().contains("{")))
        .map(Map.Entry::getValue)
        .toList();
  }

  private JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
  }

  private static Stream<String> events(String body) {
    return body.lines()
        .filter(line -> line.startsWith("data: "))
        .map(line -> line.substring("data: ".length()))
        .filter(data -> !data.equals("[DONE]"));
  }

  private void validate(JsonNode schema, String json, String what) {
    JsonSchema judge = judges.computeIfAbsent(schema, this::judge);
    try {
      assertThat(judge.validate(RouterRig.JSON.readTree(json))).as("%s → %s", what, json).isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(what + " → " + json, e);
    }
  }

  private JsonSchema judge(JsonNode schema) {
    assertThat(schema.isObject()).isTrue();
    ObjectNode whole = RouterRig.JSON.createObjectNode();
    whole.putArray("allOf").add(schema);
    whole.set("components", document.path("components"));
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(whole);
  }
}
