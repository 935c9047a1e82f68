package dev.skein.system.forms;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;

/** Judges texts by a validator of schemas that the implementation does not know. */
final class Judge {
  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

  private Judge() {}

  static void assertValid(String schema, String text) {
    try {
      assertThat(SCHEMAS.getSchema(schema).validate(JSON.readTree(text)))
          .as("%s under %s", text, schema)
          .isEmpty();
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + text + " under " + schema, e);
    }
  }
}
