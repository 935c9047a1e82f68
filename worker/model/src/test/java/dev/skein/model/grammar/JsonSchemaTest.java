package dev.skein.model.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.skein.model.grammar.Writer.Text;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts under JSON schemas, judged by a validator that the implementation does not know. */
class JsonSchemaTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int BUDGET = 400;

  private static Grammar grammar(String schema) {
    return Writer.GRAMMARS.compile(new Constraint.JsonSchema(schema));
  }

  private static void assertValid(String schema, String text, String what) {
    JsonSchema judge =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema);
    try {
      JsonNode value = MAPPER.readTree(text);
      assertThat(judge.validate(value)).as("%s: %s under %s", what, text, schema).isEmpty();
    } catch (JsonProcessingException e) {
      throw new AssertionError(what + ": no JSON: " + text + " under " + schema, e);
    }
  }

  @Test
  void everyTextUnderAThousandSchemasIsValidAndFewAreTheShortest() {
    int shortest = 0;
    for (int seed = 0; seed < 1_000; seed++) {
      String schema = RandomSchemas.of(seed).toString();
      Grammar grammar = grammar(schema);
      Text text = Writer.write(grammar, BUDGET, seed);
      assertThat(text.whole()).as("seed %d is closed: %s", seed, text.text()).isTrue();
      assertValid(schema, text.text(), "seed " + seed);
      shortest += text.tokens().size() <= grammar.shortest() ? 1 : 0;
    }
    assertThat(shortest).as("texts that are the shortest").isLessThanOrEqualTo(100);
  }

  @Test
  void aTextIsClosedWithinAnyBudgetThatIsLargeEnough() {
    for (int seed = 0; seed < 200; seed++) {
      String schema = RandomSchemas.of(seed).toString();
      Grammar grammar = grammar(schema);
      int budget = grammar.shortest() + seed % 7;
      Text text = Writer.write(grammar, budget, seed);
      assertThat(text.whole()).as("seed %d: %s", seed, text.text()).isTrue();
      assertThat(text.tokens()).hasSizeLessThanOrEqualTo(budget);
      assertValid(schema, text.text(), "seed " + seed);
    }
  }

  @Test
  void aGuideThatGoesOnInTheMiddleDrawsTheSame() {
    for (int seed = 0; seed < 100; seed++) {
      Grammar grammar = grammar(RandomSchemas.of(seed).toString());
      Text whole = Writer.write(grammar, BUDGET, seed);
      int half = whole.tokens().size() / 2;
      Guide first = new Guide(grammar, BUDGET, new int[] {0});
      Writer.write(first, 0, half, seed);
      Grammar again =
          new Grammars(Writer.TOKENIZER, Writer.VOCABULARY)
              .compile(new Constraint.JsonSchema(RandomSchemas.of(seed).toString()));
      Guide second = new Guide(again, BUDGET, new int[] {0});
      second.resume(first.bytes(), half);
      Text rest = Writer.write(second, half, BUDGET, seed);
      assertThat(rest.tokens())
          .as("seed %d", seed)
          .isEqualTo(whole.tokens().subList(half, whole.tokens().size()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "{}",
        "{\"type\":\"object\"}",
        "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"maxItems\":2,\"items\":{\"type\":\"null\"}}}",
        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"},\"maxProperties\":3}",
        "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]},"
            + "{\"properties\":{\"a\":{\"minimum\":5,\"maximum\":7},\"b\":{\"const\":1}},\"required\":[\"b\"]}]}",
        "{\"type\":\"string\",\"format\":\"date-time\"}",
        "{\"type\":\"string\",\"format\":\"uuid\"}",
        "{\"type\":\"string\",\"format\":\"email\"}",
        "{\"type\":\"string\",\"format\":\"ipv4\"}",
        "{\"type\":\"integer\",\"exclusiveMinimum\":-3,\"exclusiveMaximum\":12}",
        "{\"type\":\"integer\",\"minimum\":123456789012345678901}",
        "{\"type\":\"number\",\"exclusiveMinimum\":0.125,\"maximum\":0.5}",
        "{\"type\":\"number\",\"maximum\":-7}",
        "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\",\"maximum\":3},{\"type\":\"integer\",\"minimum\":4}]}",
        "{\"type\":\"object\",\"properties\":{\"a\":{}},\"anyOf\":[{\"required\":[\"a\"]},{\"required\":[\"c\"]}]}",
        "{\"$ref\":\"#/$defs/tree\",\"$defs\":{\"tree\":{\"type\":\"object\",\"properties\":{\"kids\":"
            + "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/tree\"}}},\"required\":[\"kids\"]}}}",
      })
  void textsUnderSchemasByHandAreValid(String schema) {
    Grammar grammar = grammar(schema);
    JsonSchema judge =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema);
    assertThat(judge).isNotNull();
    for (int seed = 0; seed < 40; seed++) {
      Text text = Writer.write(grammar, 60, seed);
      assertThat(text.whole()).isTrue();
      assertValid(schema, text.text(), "seed " + seed);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{ | no JSON",
        "7 | #",
        "{\"not\":{}} | \"not\"",
        "{\"type\":\"array\",\"uniqueItems\":true} | \"uniqueItems\"",
        "{\"properties\":{\"a/b\":{\"if\":true}}} | #/properties/a~1b uses \"if\"",
        "{\"type\":\"thing\"} | \"thing\"",
        "{\"$ref\":\"#/$defs/a\"} | not there",
        "{\"$ref\":\"other.json\"} | other.json",
        "{\"$ref\":\"#\"} | itself",
        "{\"allOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]} | no type in common",
        "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"string\",\"maxLength\":3}]} | branch 0",
        "{\"type\":\"string\",\"pattern\":\"(?=a)\"} | look-around",
        "{\"type\":\"string\",\"pattern\":\"a\",\"maxLength\":3} | \"pattern\"",
        "{\"type\":\"string\",\"format\":\"hostname\"} | \"hostname\"",
        "{\"type\":\"string\",\"minLength\":-1} | \"minLength\"",
        "{\"type\":\"integer\",\"minimum\":\"1\"} | \"minimum\"",
        "{\"type\":\"integer\",\"minimum\":5,\"maximum\":4} | finite length",
        "{\"type\":\"integer\",\"multipleOf\":3} | \"multipleOf\"",
        "{\"enum\":[]} | finite length",
        "{\"type\":\"string\",\"maxLength\":2000000} | too large",
        "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]} | finite length",
      })
  void refusesInOneSentenceThatNamesThePlace(String schema, String part) {
    assertThatThrownBy(() -> grammar(schema))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(part)
        .hasMessageEndingWith(".");
  }

  @Test
  void theShortestTextCountsItsTokens() {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"temperature\":{\"type\":\"boolean\"}},\"required\":[\"temperature\"]}";
    int tokens = Writer.TOKENIZER.encode("{\"temperature\":true}").length;
    int bytes = "{\"temperature\":true}".length();
    assertThat(grammar(schema).shortest()).isBetween(tokens, bytes - 5);
  }
}
