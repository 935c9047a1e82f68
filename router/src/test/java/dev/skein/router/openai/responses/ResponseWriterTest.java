package dev.skein.router.openai.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.Begun;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import dev.skein.router.openai.JsonFields;
import dev.skein.router.openai.ReplyForm;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResponseWriterTest {
  private static final ResponseId ID = new ResponseId(1_700_000_000, "s", "r1", "");

  private final ResponseWriter writer = new ResponseWriter(ID);
  private final List<JsonNode> events = new ArrayList<>();

  private void write(StreamEvent event) throws Exception {
    for (String sse : writer.write(event)) {
      JsonNode data = JsonFields.MAPPER.readTree(sse.substring(sse.indexOf("data: ") + 6));
      assertThat(sse).startsWith("event: " + data.path("type").asText() + "\n").endsWith("\n\n");
      assertThat(data.path("sequence_number").asInt()).isEqualTo(events.size());
      events.add(data);
    }
  }

  private void begin(String... tools) throws Exception {
    var told = JsonNodeFactory.instance.objectNode().put("model", "m");
    ResponseNote note = new ResponseNote(told, new ReplyForm(true, false, List.of(tools)), 0);
    write(new Begun(note.text(), 0, 0, 0));
  }

  private List<String> types() {
    return events.stream()
        .map(e -> e.path("type").asText().substring("response.".length()))
        .toList();
  }

  private static TokenPiece piece(int index, String text) {
    return new TokenPiece(0, 0, index, 9, text, null, List.of(), -1);
  }

  private static ChoiceEnd end(String reason) {
    return new ChoiceEnd(0, 0, 2, reason, "", 3, 2, 1, List.of(), -1);
  }

  @Test
  void aTextGrowsEventByEventAndIsTheResponseInTheEnd() throws Exception {
    begin();
    write(piece(0, " Hi"));
    write(piece(1, " you"));
    write(end("stop"));
    assertThat(types())
        .containsExactly(
            "created",
            "in_progress",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed");
    assertThat(events.get(4).path("delta").asText()).isEqualTo("Hi");
    assertThat(events.get(6).path("text").asText()).isEqualTo("Hi you");
    JsonNode response = events.getLast().path("response");
    assertThat(response).isEqualTo(JsonFields.MAPPER.readTree(writer.toJson().toString()));
    assertThat(response.path("model").asText()).isEqualTo("m");
    assertThat(response.path("status").asText()).isEqualTo("completed");
    assertThat(response.at("/output/0/content/0/text").asText()).isEqualTo("Hi you");
    assertThat(response.path("usage").toString())
        .isEqualTo(
            "{\"input_tokens\":3,\"input_tokens_details\":{\"cached_tokens\":1},\"output_tokens\":2,"
                + "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":5}");
  }

  @Test
  void aThoughtAndACallAreItemsOfTheirOwn() throws Exception {
    begin("time");
    write(piece(0, " <think>Hm</think>"));
    write(piece(1, "{\"name\":\"time\",\"arguments\":{\"a\":1}}"));
    write(end("stop"));
    JsonNode output = writer.toJson().path("output");
    assertThat(output.findValuesAsText("type")).startsWith("reasoning");
    assertThat(output.at("/0/content/0/text").asText()).isEqualTo("Hm");
    assertThat(output.at("/1/type").asText()).isEqualTo("function_call");
    assertThat(output.at("/1/name").asText()).isEqualTo("time");
    assertThat(output.at("/1/arguments").asText()).isEqualTo("{\"a\":1}");
    assertThat(types()).contains("reasoning_text.done", "function_call_arguments.done");
  }

  @Test
  void whatWasCutSaysSo() throws Exception {
    begin();
    write(piece(0, " Hi"));
    write(end("length"));
    assertThat(writer.toJson().at("/incomplete_details/reason").asText())
        .isEqualTo("max_output_tokens");
    assertThat(types()).endsWith("incomplete");
  }

  @Test
  void aFailureIsTheLastEvent() throws Exception {
    begin();
    write(piece(0, " Hi"));
    write(new StreamFailure("stream_interrupted", "the worker fell silent"));
    assertThat(types()).endsWith("failed");
    assertThat(events.getLast().at("/response/error/code").asText()).isEqualTo("server_error");
    assertThat(writer.ended()).isTrue();
  }

  @Test
  void anIdSaysWhatItNames() {
    assertThat(ResponseId.parse(ID.toString())).isEqualTo(ID);
    assertThat(ResponseId.parse("resp_x")).isNull();
    assertThat(ResponseId.parse("resp_####")).isNull();
    assertThat(ResponseId.parse("chatcmpl-1")).isNull();
  }
}
