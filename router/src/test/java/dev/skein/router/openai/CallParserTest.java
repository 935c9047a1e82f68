package dev.skein.router.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.skein.proto.ChatMessage;
import dev.skein.proto.Request;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallParserTest {
  private final CallParser parser = new CallParser(5_000);

  @Test
  void everyFieldOfATextCallArrives() throws Exception {
    CompletionCall call =
        text(
            """
            {"model":"m","prompt":"Once","max_tokens":7,"temperature":0.7,"top_p":0.25,"top_k":5,
             "min_p":0.1,"typical_p":0.9,"presence_penalty":-1,"frequency_penalty":1.5,
             "penalty_decay":0.99,"logit_bias":{"12":-100,"7":3.5},"stop":["a","b"],"stop_tokens":[0],
             "n":2,"seed":18,"logprobs":5,"ignore_end_of_text":true,"session":"s","request_id":"id",
             "background":true,"deadline_ms":1000,"priority":-3,"expect_turn":2,"start_state":"poet",
             "no_cache":true,"return_state":true,
             "stream":true,"stream_options":{"include_usage":true},"user":"u","metadata":{"a":1}}
            """);
    assertThat(call.model()).isEqualTo("m");
    assertThat(call.stream()).isTrue();
    assertThat(call.includeUsage()).isTrue();
    Request r = call.requests().getFirst();
    assertThat(r.getPrompt()).isEqualTo("Once");
    assertThat(r.getMaxTokens()).isEqualTo(7);
    assertThat(r.getSampling().getTemperature()).isEqualTo(0.7f);
    assertThat(r.getSampling().getTopP()).isEqualTo(0.25f);
    assertThat(r.getSampling().getTopK()).isEqualTo(5);
    assertThat(r.getSampling().getMinP()).isEqualTo(0.1f);
    assertThat(r.getSampling().getTypicalP()).isEqualTo(0.9f);
    assertThat(r.getSampling().getPresencePenalty()).isEqualTo(-1f);
    assertThat(r.getSampling().getFrequencyPenalty()).isEqualTo(1.5f);
    assertThat(r.getSampling().getPenaltyDecay()).isEqualTo(0.99f);
    assertThat(r.getSampling().getLogitBiasMap()).isEqualTo(Map.of(12, -100f, 7, 3.5f));
    assertThat(r.getStopList()).containsExactly("a", "b");
    assertThat(r.getStopTokensList()).containsExactly(0);
    assertThat(r.getChoices()).isEqualTo(2);
    assertThat(r.getSeed()).isEqualTo(18);
    assertThat(r.getLogprobs()).isEqualTo(5);
    assertThat(r.getIgnoreEndOfText()).isTrue();
    assertThat(r.getSession()).isEqualTo("s");
    assertThat(r.getEphemeral()).isFalse();
    assertThat(r.getRequestId()).isEqualTo("id");
    assertThat(r.getBackground()).isTrue();
    assertThat(r.getDeadlineMs()).isEqualTo(1000);
    assertThat(r.getPriority()).isEqualTo(-3);
    assertThat(r.getExpectTurn()).isEqualTo(2);
    assertThat(r.getStartState()).isEqualTo("poet");
    assertThat(r.getNoCache()).isTrue();
    assertThat(call.returnState()).isTrue();
    assertThat(call.begins()).as("it has a session").isFalse();
  }

  @Test
  void whatIsAbsentOrNullIsLeftToTheModel() throws Exception {
    Request r =
        text("{\"prompt\":\"x\",\"temperature\":null,\"stop\":null,\"seed\":null,\"n\":null}")
            .requests()
            .getFirst();
    assertThat(r.getSampling()).isEqualTo(r.getSampling().getDefaultInstanceForType());
    assertThat(r.hasSeed()).isFalse();
    assertThat(r.hasLogprobs()).isFalse();
    assertThat(r.getMaxTokens()).isEqualTo(1_024);
    assertThat(r.getChoices()).isEqualTo(1);
    assertThat(r.getEphemeral()).isTrue();
  }

  @Test
  void messagesAreReadWithTheirPartsAndRoles() throws Exception {
    CompletionCall call =
        chat(
            """
            {"messages":[
              {"role":"developer","content":"Be kind."},
              {"role":"user","content":[{"type":"text","text":"Good "},{"type":"text","text":"day"}]},
              {"role":"assistant","content":"Hello"},
              {"role":"tool","content":"42","tool_call_id":"x"}],
             "max_completion_tokens":9,"max_tokens":5,"logprobs":true,"top_logprobs":2,
             "stop":"\\n","tools":[],"response_format":{"type":"text"},"store":true}
            """);
    assertThat(call.requests().getFirst().getMessagesList())
        .extracting(ChatMessage::getRole)
        .containsExactly("system", "user", "assistant", "tool");
    assertThat(call.requests().getFirst().getMessages(1).getContent()).isEqualTo("Good day");
    assertThat(call.requests().getFirst().getMaxTokens()).isEqualTo(9);
    assertThat(call.requests().getFirst().getLogprobs()).isEqualTo(2);
    assertThat(call.requests().getFirst().getStopList()).containsExactly("\n");
    assertThat(call.stream()).isFalse();
  }

  @Test
  void aPromptMayBeTokensOrAListOfOne() throws Exception {
    assertThat(text("{\"prompt\":[1,2,3]}").requests().getFirst().getTokensList())
        .containsExactly(1, 2, 3);
    assertThat(text("{\"prompt\":[[4]]}").requests().getFirst().getTokensList()).containsExactly(4);
    assertThat(text("{\"prompt\":[\"one\"]}").requests().getFirst().getPrompt()).isEqualTo("one");
    assertThat(text("{\"prompt\":[\"one\",\"two\"],\"n\":2}").requests())
        .extracting(Request::getPrompt, Request::getChoices)
        .containsExactly(tuple("one", 2), tuple("two", 2));
    assertThatThrownBy(() -> text("{\"prompt\":[\"one\",\"two\"],\"session\":\"s\"}"))
        .hasMessageContaining("may hold one prompt");
    assertThatThrownBy(() -> text("{\"prompt\":[\"one\",\"two\"],\"return_state\":true}"))
        .hasMessageContaining("may hold one prompt");
  }

  @Test
  void aHalfLifeIsTokensOrADecay() throws Exception {
    assertThat(half(200)).isCloseTo(0.996540f, within(1e-6f));
    assertThat(half(0.996)).isEqualTo(0.996f);
  }

  private float half(double halfLife) throws Exception {
    return text("{\"prompt\":\"x\",\"half_life\":" + halfLife + "}")
        .requests()
        .getFirst()
        .getSampling()
        .getPenaltyDecay();
  }

  @Test
  void headersSayTheSameAsFields() throws Exception {
    CallHeaders headers = new CallHeaders("alice", "once", null, null);
    Request r = parser.text(bytes("{\"prompt\":\"x\"}"), headers).requests().getFirst();
    assertThat(r.getSession()).isEqualTo("alice");
    assertThat(r.getRequestId()).isEqualTo("once");
    assertThatThrownBy(() -> parser.text(bytes("{\"prompt\":\"x\",\"session\":\"bob\"}"), headers))
        .hasMessage("'session' and the header Skein-Session name different things.");
  }

  @Test
  void halfACharacterBecomesTheReplacementCharacter() throws Exception {
    assertThat(text("{\"prompt\":\"a\\ud83d b\\ud83d\\ude00\"}").requests().getFirst().getPrompt())
        .isEqualTo("a\ufffd b\ud83d\ude00");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "temperature | \"1\" | 'temperature' must be a number from 0 to 2, and is \"1\".",
        "temperature | 2.5 | 'temperature' must be a number from 0 to 2, and is 2.5.",
        "temperature | 1e999 | 'temperature' must be a number from 0 to 2, and is",
        "top_p | -0.1 | 'top_p' must be a number from 0 to 1, and is -0.1.",
        "top_k | 1.5 | 'top_k' must be an integer from 0 to 1048576, and is 1.5.",
        "max_tokens | 0 | 'max_tokens' must be an integer from 1 to 5000, and is 0.",
        "max_tokens | 5001 | 'max_tokens' must be an integer from 1 to 5000, and is 5001.",
        "max_tokens | true | 'max_tokens' must be an integer from 1 to 5000, and is true.",
        "n | 17 | 'n' must be an integer from 1 to 16, and is 17.",
        "seed | 1.5 | 'seed' must be an integer of 64 bits, and is 1.5.",
        "stream | \"yes\" | 'stream' must be true or false, and is \"yes\".",
        "stop | 5 | 'stop' must be a string or a list of strings, and is 5.",
        "stop | [\"\"] | 'stop' must be one or more strings of 1 to 256 bytes, and is \"\".",
        "logit_bias | [1] | 'logit_bias' must be an object of token ids and numbers, and is an"
            + " array.",
        "logit_bias | {\"a\":1} | 'logit_bias' must have token ids as its keys.",
        "session | \"\" | A session id must not be empty.",
        "session | \"#shard\" | A session id must not begin with '#'.",
        "session | 7 | 'session' must be a string, and is 7.",
        "request_id | \"a b\" | 'request_id' must be 1 to 256 visible ASCII characters",
        "model | 5 | 'model' must be a string, and is 5.",
        "echo | true | 'echo' is not supported yet.",
        "suffix | \"s\" | 'suffix' is not supported yet.",
        "best_of | 3 | 'best_of' is not supported yet.",
      })
  void wrongFieldsAreNamed(String field, String value, String message) {
    ApiException refusal =
        catchThrowableOfType(
            ApiException.class, () -> text("{\"prompt\":\"x\",\"" + field + "\":" + value + "}"));
    assertThat(refusal).isNotNull();
    assertThat(refusal.error().status()).isEqualTo(400);
    assertThat(refusal.error().param()).isEqualTo(field);
    assertThat(refusal.error().message()).startsWith(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}  | messages",
        "{\"messages\":\"hi\"} | messages",
        "{\"messages\":[5]} | messages[0]",
        "{\"messages\":[{\"content\":\"x\"}]} | messages[0].role",
        "{\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]} | messages[0].role",
        "{\"messages\":[{\"role\":\"user\"}]} | messages[0].content",
        "{\"messages\":[{\"role\":\"user\",\"content\":4}]} | messages[0].content",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]} |"
            + " messages[0].content[0].text",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}]} |"
            + " messages[0].content[0]",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[{}]} | tools[0].type",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"top_logprobs\":2} | top_logprobs",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"modalities\":[\"audio\"]} |"
            + " modalities",
      })
  void wrongMessagesAreNamed(String body, String param) {
    ApiException refusal = catchThrowableOfType(ApiException.class, () -> chat(body));
    assertThat(refusal).isNotNull();
    assertThat(refusal.error().status()).isEqualTo(400);
    assertThat(refusal.error().param()).isEqualTo(param);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "5",
        "{\"prompt\":\"x\"} {}",
        "{\"prompt\":\"x\",\"prompt\":\"y\"}"
      })
  void whatIsNotOneJsonObjectIsRefused(String body) {
    ApiException refusal = catchThrowableOfType(ApiException.class, () -> text(body));
    assertThat(refusal).isNotNull();
    assertThat(refusal.error().status()).isEqualTo(400);
    assertThat(refusal.error().message()).startsWith("The body ").endsWith(".");
  }

  @Test
  void deepNestingIsRefused() {
    String deep = "{\"metadata\":" + "[".repeat(1_000) + "]".repeat(1_000) + "}";
    assertThatThrownBy(() -> text(deep)).isInstanceOf(ApiException.class);
  }

  private CompletionCall text(String body) throws ApiException {
    return parser.text(bytes(body), CallHeaders.NONE);
  }

  private CompletionCall chat(String body) throws ApiException {
    return parser.chat(bytes(body), CallHeaders.NONE);
  }

  private static byte[] bytes(String body) {
    return body.getBytes(StandardCharsets.UTF_8);
  }
}
