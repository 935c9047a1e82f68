package dev.skein.router.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.skein.router.delivery.StreamEvent;
import dev.skein.router.delivery.StreamEvent.Alternative;
import dev.skein.router.delivery.StreamEvent.ChoiceEnd;
import dev.skein.router.delivery.StreamEvent.StreamFailure;
import dev.skein.router.delivery.StreamEvent.TokenPiece;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RenderingTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final AnswerHead HEAD =
      new AnswerHead("chatcmpl-1", 1_700_000_000L, "m", "", "", "");

  @Test
  void aChunkReadsAsPublishedClientsExpect() {
    SseWriter writer = new SseWriter(Dialect.CHAT, HEAD, ReplyForm.CHAT, 1, 1, false, null);
    assertThat(write(writer, piece(0, 0, "Hi", null)))
        .isEqualTo(
            """
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m",\
            "choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}

            id: 4.0.0
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m",\
            "choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]}

            """);
    assertThat(write(writer, end(0, 1, "stop", "")))
        .isEqualTo(
            """
            id: 4.0.1
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m",\
            "choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}

            data: [DONE]

            """);
  }

  @Test
  void aStreamOfTwoChoicesIsDoneWhenBothAre() {
    SseWriter writer = new SseWriter(Dialect.TEXT, HEAD, ReplyForm.TEXT, 2, 2, true, null);
    write(writer, piece(0, 0, "a", null));
    assertThat(write(writer, end(1, 0, "stop", "b"))).doesNotContain("[DONE]");
    String last = write(writer, end(0, 1, "length", ""));
    assertThat(last)
        .contains("\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,")
        .endsWith("data: [DONE]\n\n");
  }

  @Test
  void aFailureInAStreamIsAnErrorEventAndNothingElse() {
    SseWriter writer = new SseWriter(Dialect.CHAT, HEAD, ReplyForm.CHAT, 1, 1, true, null);
    write(writer, piece(0, 0, "a", null));
    assertThat(write(writer, new StreamFailure("stream_interrupted", "the worker fell silent")))
        .isEqualTo(
            """
            data: {"error":{"message":"The worker fell silent.","type":"server_error","param":null,\
            "code":"stream_interrupted"}}

            """);
  }

  @Test
  void logprobsOfAChatNameTokensWithTheirBytes() throws Exception {
    WholeAnswer answer =
        new WholeAnswer(ReplyForm.CHAT, 1, 1, true)
            .add(piece(0, 0, "é", -0.25f))
            .add(end(0, 1, "stop", ""));
    JsonNode choice = JSON.readTree(answer.toJson(Dialect.CHAT, HEAD).toString()).at("/choices/0");
    assertThat(choice.at("/message/content").asText()).isEqualTo("é");
    assertThat(choice.path("logprobs").toString())
        .isEqualTo(
            "{\"content\":[{\"token\":\"\u00e9\",\"logprob\":-0.25,\"bytes\":[195,169],\"top_logprobs\":"
                + "[{\"token\":\"\u00e9\",\"logprob\":-0.25,\"bytes\":[195,169]},"
                + "{\"token\":\"e\",\"logprob\":-2.0,\"bytes\":[101]}]}],\"refusal\":null}");
  }

  @Test
  void wordsThatStrictClientsDoNotKnowAreNotUsed() {
    WholeAnswer answer =
        new WholeAnswer(ReplyForm.CHAT, 1, 1, false).add(end(0, 0, "cancelled", ""));
    assertThat(answer.toJson(Dialect.CHAT, HEAD).at("/choices/0/finish_reason").asText())
        .isEqualTo("length");
  }

  private static String write(SseWriter writer, StreamEvent event) {
    StringBuilder text = new StringBuilder();
    for (String sse : writer.write(event)) {
      text.append(sse);
    }
    return text.toString();
  }

  private static TokenPiece piece(int choice, int index, String text, @Nullable Float logprob) {
    return new TokenPiece(
        4,
        choice,
        index,
        9,
        text,
        logprob,
        logprob == null
            ? List.of()
            : List.of(new Alternative(9, text, logprob), new Alternative(8, "e", -2f)),
        -1);
  }

  private static ChoiceEnd end(int choice, int index, String reason, String text) {
    return new ChoiceEnd(4, choice, index, reason, text, 3, index, 0, List.of(), -1);
  }

  @Test
  void aCallStreamsAsNameAndThenArguments() {
    SseWriter writer =
        new SseWriter(
            Dialect.CHAT, HEAD, new ReplyForm(true, false, List.of("time")), 1, 1, false, null);
    assertThat(write(writer, piece(0, 0, " {\"name\":\"time\",\"arguments\":{", null)))
        .contains(
            "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\","
                + "\"function\":{\"name\":\"time\",\"arguments\":\"{\"}}]}");
    assertThat(write(writer, piece(0, 1, "}}", null)))
        .contains("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"}\"}}]}");
    assertThat(write(writer, end(0, 2, "stop", "")))
        .contains("\"delta\":{},\"logprobs\":null,\"finish_reason\":\"tool_calls\"");
  }

  @Test
  void aWholeCallHasNoContent() {
    WholeAnswer answer =
        new WholeAnswer(new ReplyForm(true, false, List.of("time")), 1, 1, false)
            .add(piece(0, 0, "{\"name\":\"time\",\"arguments\":{}}", null))
            .add(end(0, 1, "stop", ""));
    JsonNode choice = answer.toJson(Dialect.CHAT, HEAD).at("/choices/0");
    assertThat(choice.path("message").toString())
        .isEqualTo(
            "{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":"
                + "\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"time\",\"arguments\":\"{}\"}}]}");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
  }
}
