package dev.skein.router.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The API's document names what is served, no more and no less. */
class OpenApiTest {
  private static JsonNode document() throws Exception {
    try (InputStream in = OpenApi.class.getResourceAsStream("openapi.json")) {
      return new JsonMapper().readTree(in);
    }
  }

  @Test
  void namesEveryRouteAndNothingElse() throws Exception {
    List<String> documented = new ArrayList<>();
    document()
        .path("paths")
        .forEachEntry((path, operations) ->
            operations
                .fieldNames()
                .forEachRemaining(
                    method -> documented.add(method.toUpperCase(Locale.ROOT) + " " + path)));
    assertThat(documented).containsExactlyInAnyOrderElementsOf(Routes.operations());
  }

  @Test
  void everyReferenceLeadsSomewhereAndEverythingIsReferredTo() throws Exception {
    JsonNode document = document();
    List<String> used = document.findValuesAsText("$ref").stream().distinct().toList();
    List<String> defined = new ArrayList<>();
    for (String kind : List.of("schemas", "responses")) {
      document
          .path("components")
          .path(kind)
          .fieldNames()
          .forEachRemaining(name -> defined.add("#/components/" + kind + "/" + name));
    }
    assertThat(used).containsExactlyInAnyOrderElementsOf(defined);
  }

  @Test
  void everyOperationHasAnIdOfItsOwnAndItsErrors() throws Exception {
    List<String> ids = document().findValuesAsText("operationId");
    assertThat(ids).doesNotHaveDuplicates().hasSameSizeAs(Routes.operations());
    document()
        .path("paths")
        .forEach(path ->
            path.forEach(operation ->
                assertThat(operation.at("/responses/401/$ref").asText())
                    .as(operation.path("operationId").asText())
                    .isEqualTo("#/components/responses/Unauthorized")));
  }
}
