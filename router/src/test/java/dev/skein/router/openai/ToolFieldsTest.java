package dev.skein.router.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.skein.proto.Request;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToolFieldsTest {
  private static final String TOOLS =
      """
      "tools":[{"type":"function","function":{"name":"weather","description":"of a town",
        "parameters":{"type":"object","properties":{"town":{"$ref":"#/$defs/town"}},
          "required":["town"],"$defs":{"town":{"type":"string"}}}}},
       {"type":"function","function":{"name":"time"}}]\
      """;

  private final CallParser parser = new CallParser(5_000);

  private CompletionCall chat(String more) throws ApiException {
    String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," + more + "}";
    return parser.chat(body.getBytes(StandardCharsets.UTF_8), CallHeaders.NONE);
  }

  private static JsonNode schema(CompletionCall call) throws Exception {
    Request request = call.requests().getFirst();
    return JsonFields.MAPPER.readTree(request.getConstraint().getJsonSchema());
  }

  @Test
  void functionsAreToldBeforeTheConversation() throws Exception {
    CompletionCall call = chat(TOOLS);
    Request request = call.requests().getFirst();
    assertThat(call.form().tools()).containsExactly("weather", "time");
    assertThat(request.getMessagesCount()).isEqualTo(2);
    assertThat(request.getMessages(0).getRole()).isEqualTo("system");
    assertThat(request.getMessages(0).getContent()).contains("\"name\":\"weather\"", "of a town");
    assertThat(request.hasConstraint()).as("it is up to the model").isFalse();
    CompletionCall none = chat(TOOLS + ",\"tool_choice\":\"none\"");
    assertThat(none.form().tools()).isEmpty();
    assertThat(none.requests().getFirst().getMessagesCount()).isEqualTo(1);
  }

  @Test
  void aRequiredCallIsForcedWithItsArguments() throws Exception {
    JsonNode any = schema(chat(TOOLS + ",\"tool_choice\":\"required\""));
    assertThat(any.path("anyOf")).hasSize(2);
    assertThat(any.at("/anyOf/1/properties/name/const").asText()).isEqualTo("time");
    CompletionCall call =
        chat(
            TOOLS + ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}");
    assertThat(call.form().tools()).containsExactly("weather");
    JsonNode one = schema(call);
    assertThat(one.at("/properties/name/const").asText()).isEqualTo("weather");
    assertThat(one.at("/properties/arguments/$ref").asText()).isEqualTo("#/$defs/0");
    assertThat(one.at("/$defs/0/properties/town/$ref").asText())
        .as("a reference moves with its schema")
        .isEqualTo("#/$defs/0/$defs/town");
  }

  @Test
  void callsAndResultsOfTheConversationAreToldAsTheModelWroteThem() throws Exception {
    String body =
        """
        {"messages":[{"role":"user","content":"x"},
          {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",
            "function":{"name":"time","arguments":"{\\"zone\\":1}"}}]},
          {"role":"tool","tool_call_id":"1","content":"noon"}]}\
        """;
    Request request =
        parser.chat(body.getBytes(StandardCharsets.UTF_8), CallHeaders.NONE).requests().getFirst();
    assertThat(request.getMessages(1).getContent())
        .isEqualTo("{\"name\":\"time\",\"arguments\":{\"zone\":1}}");
    assertThat(request.getMessages(2).getRole()).isEqualTo("tool");
  }

  @Test
  void formatsBecomeConstraints() throws Exception {
    Request object = chat("\"response_format\":{\"type\":\"json_object\"}").requests().getFirst();
    assertThat(object.getConstraint().getJsonObject()).isTrue();
    Request schema =
        chat("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
                + "\"schema\":{\"type\":\"integer\"}}}")
            .requests()
            .getFirst();
    assertThat(schema.getConstraint().getJsonSchema()).isEqualTo("{\"type\":\"integer\"}");
    Request choices = chat("\"constraint\":{\"choices\":[\"a\",\"b\"]}").requests().getFirst();
    assertThat(choices.getConstraint().getChoices().getChoiceList()).containsExactly("a", "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"tools\":{} | tools",
        "\"tools\":[{}] | tools[0].type",
        "\"tools\":[{\"type\":\"function\"}] | tools[0].function",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}] |"
            + " tools[0].function.name",
        "\"tool_choice\":\"required\" | tool_choice",
        "\"tool_choice\":\"maybe\" | tool_choice",
        "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"x\"}} |"
            + " tool_choice.function.name",
        "\"response_format\":{\"type\":\"xml\"} | response_format.type",
        "\"response_format\":{\"type\":\"json_schema\"} | response_format.json_schema",
        "\"constraint\":{\"shape\":1} | constraint.shape",
      })
  void whatIsWrongIsNamed(String more, String param) {
    assertThatThrownBy(() -> chat(more))
        .isInstanceOfSatisfying(
            ApiException.class, e -> assertThat(e.error().param()).isEqualTo(param));
  }
}
