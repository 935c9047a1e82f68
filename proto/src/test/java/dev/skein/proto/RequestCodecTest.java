package dev.skein.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.UnknownFieldSet;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestCodecTest {

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Request json(String text) throws BadRecordException {
    DecodedRequest decoded = RequestCodec.decode(utf8(text), null);
    assertThat(decoded.json()).isTrue();
    return decoded.request();
  }

  private static BadRecordException refusal(byte[] value) {
    BadRecordException e =
        catchThrowableOfType(BadRecordException.class, () -> RequestCodec.decode(value, null));
    assertThat(e).as("refused").isNotNull();
    return e;
  }

  @Test
  void readsTheLineOfTheManual() throws BadRecordException {
    Request request =
        json("  \r\n\t{\"prompt\":\"Once upon a time\",\"max_tokens\":24,\"seed\":7}\n");
    assertThat(request.getPrompt()).isEqualTo("Once upon a time");
    assertThat(request.getMaxTokens()).isEqualTo(24);
    assertThat(request.getSeed()).isEqualTo(7);
    assertThat(request.hasLogprobs()).isFalse();
    assertThat(request.hasSampling()).isFalse();
  }

  @Test
  void readsMessagesWithTextParts() throws BadRecordException {
    Request request =
        json(
            "{\"messages\":[{\"role\":\"developer\",\"content\":\"Be brief.\"},"
                + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Go \"},"
                + "{\"type\":\"text\",\"text\":\"on.\"}]},"
                + "{\"role\":\"assistant\",\"content\":null}]}");
    assertThat(request.getMessagesList())
        .extracting(ChatMessage::getRole, ChatMessage::getContent)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("system", "Be brief."),
            org.assertj.core.groups.Tuple.tuple("user", "Go on."),
            org.assertj.core.groups.Tuple.tuple("assistant", ""));
  }

  @Test
  void readsTheOpenAiSpellings() throws BadRecordException {
    assertThat(json("{\"prompt\":[\"x\"],\"max_completion_tokens\":3}").getMaxTokens())
        .isEqualTo(3);
    assertThat(json("{\"prompt\":[1,2]}").getTokensList()).containsExactly(1, 2);
    assertThat(json("{\"prompt\":\"x\",\"stop\":\"a\"}").getStopList()).containsExactly("a");
    assertThat(json("{\"prompt\":\"x\",\"stop\":[\"a\",\"b\"]}").getStopList())
        .containsExactly("a", "b");
    assertThat(json("{\"prompt\":\"x\",\"logprobs\":true,\"top_logprobs\":2}").getLogprobs())
        .isEqualTo(2);
    assertThat(json("{\"prompt\":\"x\",\"logprobs\":false}").hasLogprobs()).isFalse();
    assertThat(
            json("{\"prompt\":\"x\",\"logit_bias\":{\"7\":-1.5}}").getSampling().getLogitBiasMap())
        .containsEntry(7, -1.5f);
    assertThat(json("{\"prompt\":\"x\",\"seed\":-1}").getSeed()).isEqualTo(-1L);
    assertThat(json("{\"prompt\":\"x\",\"seed\":18446744073709551615}").getSeed()).isEqualTo(-1L);
    assertThat(json("{\"prompt\":\"x\",\"temperature\":0}").getSampling().hasTemperature())
        .isTrue();
  }

  @Test
  void toleratesWhatDoesNoHarm() throws BadRecordException {
    Request request =
        json(
            "{\"prompt\":\"x\",\"stream\":true,\"store\":false,\"metadata\":{\"a\":[1]},"
                + "\"user\":\"u\",\"tools\":[],\"seed\":null,\"response_format\":{\"type\":\"text\"}}");
    assertThat(request).isEqualTo(Request.newBuilder().setPrompt("x").build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prompt\":5} | prompt",
        "{\"prompt\":[\"a\",\"b\"]} | prompt",
        "{\"prompt\":[1,-1]} | prompt[1]",
        "{\"prompt\":\"x\",\"tokens\":[1]} | prompt",
        "{\"tokens\":[1,\"2\"]} | tokens[1]",
        "{\"tokens\":[4294967296]} | tokens[0]",
        "{} | prompt",
        "{\"prompt\":\"\"} | prompt",
        "{\"messages\":\"hi\"} | messages",
        "{\"messages\":[{\"content\":\"x\"}]} | messages[0].role",
        "{\"messages\":[{\"role\":\"poet\",\"content\":\"x\"}]} | messages[0].role",
        "{\"messages\":[{\"role\":\"user\",\"content\":7}]} | messages[0].content",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]} | messages[0].content[0]",
        "{\"prompt\":\"x\",\"max_tokens\":\"24\"} | max_tokens",
        "{\"prompt\":\"x\",\"max_tokens\":-1} | max_tokens",
        "{\"prompt\":\"x\",\"max_tokens\":1.5} | max_tokens",
        "{\"prompt\":\"x\",\"temperature\":1e999} | temperature",
        "{\"prompt\":\"x\",\"temperature\":1e39} | temperature",
        "{\"prompt\":\"x\",\"temperature\":-0.1} | temperature",
        "{\"prompt\":\"x\",\"temperature\":true} | temperature",
        "{\"prompt\":\"x\",\"top_p\":1.01} | top_p",
        "{\"prompt\":\"x\",\"typical_p\":0} | typical_p",
        "{\"prompt\":\"x\",\"temperature\":10.1} | temperature",
        "{\"prompt\":\"x\",\"presence_penalty\":-10.5} | presence_penalty",
        "{\"prompt\":\"x\",\"penalty_decay\":2} | penalty_decay",
        "{\"prompt\":\"x\",\"logit_bias\":{\"x\":1}} | logit_bias.x",
        "{\"prompt\":\"x\",\"logit_bias\":{\"1\":101}} | logit_bias.1",
        "{\"prompt\":\"x\",\"stop\":[\"\"]} | stop",
        "{\"prompt\":\"x\",\"stop\":7} | stop",
        "{\"prompt\":\"x\",\"n\":0} | n",
        "{\"prompt\":\"x\",\"n\":129} | n",
        "{\"prompt\":\"x\",\"seed\":18446744073709551616} | seed",
        "{\"prompt\":\"x\",\"logprobs\":21} | logprobs",
        "{\"prompt\":\"x\",\"kind\":\"dance\"} | kind",
        "{\"prompt\":\"x\",\"kind\":\"GENERATE\"} | kind",
        "{\"prompt\":\"x\",\"kind\":\"generate\",\"session\":\"#shard\"} | session",
        "{\"prompt\":\"x\",\"session\":7} | session",
        "{\"prompt\":\"x\",\"ephemeral\":\"yes\"} | ephemeral",
        "{\"prompt\":\"x\",\"constraint\":{}} | constraint",
        "{\"prompt\":\"x\",\"constraint\":{\"regex\":\"a\",\"gbnf\":\"b\"}} | constraint",
        "{\"prompt\":\"x\",\"constraint\":{\"regexp\":\"a\"}} | constraint",
        "{\"prompt\":\"x\",\"constraint\":{\"regex\":\"\"}} | constraint",
        "{\"prompt\":\"x\",\"constraint\":{\"choices\":[]}} | constraint",
        "{\"prompt\":\"x\",\"constraint\":{\"choices\":[7]}} | constraint.choices[0]",
        "{\"prompt\":\"x\",\"constraint\":{\"json_object\":false}} | constraint",
        "{\"prompt\":\"x\",\"kind\":\"extend\",\"constraint\":{\"regex\":\"a\"}} | constraint",
        "{\"prompt\":\"x\",\"tools\":[{}]} | tools",
        "{\"prompt\":\"x\",\"response_format\":{\"type\":\"json_object\"}} | response_format",
      })
  void refusesByNameOfTheField(String value, String field) {
    BadRecordException e = refusal(utf8(value));
    assertThat(e.field()).isEqualTo(field);
    assertThat(e.code()).isIn(BadRecordException.INVALID_REQUEST, BadRecordException.UNSUPPORTED);
    assertThat(e)
        .hasMessageContaining(field.replaceAll("\\..*|\\[.*", ""))
        .hasMessageEndingWith(".");
    assertThat(e.json()).isTrue();
  }

  @Test
  void aSchemaStandsInARequestAsItIsOrAsText() throws BadRecordException {
    String schema = "{\"type\":\"object\",\"title\":\"é\"}";
    Request asItIs = json("{\"prompt\":\"x\",\"constraint\":{\"json_schema\":" + schema + "}}");
    assertThat(asItIs.getConstraint().getJsonSchema()).isEqualTo(schema);
    assertThat(json(RequestCodec.toJson(asItIs))).isEqualTo(asItIs);
  }

  @Test
  void aConstraintHasALimit() {
    String long64k = "a".repeat(1 << 16);
    assertThat(refusal(utf8("{\"prompt\":\"x\",\"constraint\":{\"regex\":\"a" + long64k + "\"}}")))
        .hasMessageContaining("at most 65536 bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{\"prompt\":\"x\"} {}",
        "{\"prompt\":NaN}",
        "{\"prompt\":\"x\",\"temperature\":Infinity}",
        "{\"prompt\":\"x\",\"prompt\":\"y\"}",
        "{'prompt':'x'}",
        "hello",
        "[1]",
        "\"x\""
      })
  void garbageIsUnreadable(String value) {
    assertThat(refusal(utf8(value)).code()).isEqualTo(BadRecordException.UNREADABLE);
  }

  @Test
  void deepAndLongAndBrokenValuesAreRefusedBeforeTheyCost() {
    assertThat(refusal(utf8("{\"a\":" + "[".repeat(100_000))).code())
        .isEqualTo(BadRecordException.UNREADABLE);
    assertThat(refusal(utf8("{\"prompt\":\"x\",\"seed\":" + "9".repeat(100_000) + "}")).code())
        .isEqualTo(BadRecordException.UNREADABLE);
    assertThat(refusal(new byte[Wire.REQUEST_BYTES_MAX + 1]).code())
        .isEqualTo(BadRecordException.TOO_LARGE);
    byte[] notUtf8 = utf8("{\"prompt\":\"x\"}");
    notUtf8[11] = (byte) 0xff;
    assertThat(refusal(notUtf8).code()).isEqualTo(BadRecordException.UNREADABLE);
  }

  @Test
  void aRefusalKnowsWhoAsked() {
    BadRecordException e =
        refusal(utf8("{\"session\":\"alice\",\"request_id\":\"r1\",\"prompt\":5}"));
    assertThat(e.session()).isEqualTo("alice");
    assertThat(e.requestId()).isEqualTo("r1");
    BadRecordException p =
        refusal(Request.newBuilder().setSession("bob").setChoices(1000).build().toByteArray());
    assertThat(p.session()).isEqualTo("bob");
    assertThat(p.json()).isFalse();
  }

  @Test
  void halfASurrogatePairBecomesTheReplacementCharacter() throws BadRecordException {
    assertThat(json("{\"prompt\":\"a\\ud83ez\"}").getPrompt()).isEqualTo("a\ufffdz");
  }

  @Test
  void bothFormsComeBackAsTheyWere() throws BadRecordException {
    for (long seed = 0; seed < 3000; seed++) {
      Request request = new Arbitrary(seed).request();
      DecodedRequest protobuf = RequestCodec.decode(RequestCodec.toBytes(request), null);
      assertThat(protobuf.request()).as("seed %d", seed).isEqualTo(request);
      assertThat(protobuf.json()).as("seed %d", seed).isFalse();
      assertThat(json(RequestCodec.toJson(request))).as("seed %d", seed).isEqualTo(request);
    }
  }

  @Test
  void everyLengthOfARequestIdIsRecognisedAsProtobuf() throws BadRecordException {
    for (int length = 1; length <= Wire.REQUEST_ID_BYTES_MAX; length++) {
      Request request =
          Request.newBuilder().setRequestId("{".repeat(length)).setPrompt("{}").build();
      DecodedRequest decoded = RequestCodec.decode(request.toByteArray(), null);
      assertThat(decoded.request()).isEqualTo(request);
      assertThat(decoded.json()).isFalse();
    }
  }

  @Test
  void theHeaderDecidesOverTheFirstByte() throws BadRecordException {
    byte[] value = utf8("{\"prompt\":\"x\"}");
    assertThat(RequestCodec.decode(value, "application/json; charset=utf-8").json()).isTrue();
    assertThat(RequestCodec.decode(value, "Application/JSON").json()).isTrue();
    assertThatThrownBy(() -> RequestCodec.decode(value, Wire.PROTOBUF))
        .isInstanceOf(BadRecordException.class);
    byte[] protobuf = Request.newBuilder().setPrompt("x").build().toByteArray();
    assertThatThrownBy(() -> RequestCodec.decode(protobuf, Wire.JSON))
        .isInstanceOf(BadRecordException.class);
  }

  @Test
  void eventsSpeakTheRequestsFormUnlessItAsksOtherwise() throws BadRecordException {
    assertThat(RequestCodec.decode(utf8("{\"prompt\":\"x\"}"), null).eventsAsJson()).isTrue();
    assertThat(
            RequestCodec.decode(utf8("{\"prompt\":\"x\",\"event_format\":\"protobuf\"}"), null)
                .eventsAsJson())
        .isFalse();
    Request request =
        Request.newBuilder().setPrompt("x").setEventFormat(EventFormat.EVENT_FORMAT_JSON).build();
    assertThat(RequestCodec.decode(request.toByteArray(), null).eventsAsJson()).isTrue();
  }

  @Test
  void fieldsOfANewerSchemaAreKept() throws BadRecordException {
    Request newer =
        Request.newBuilder()
            .setPrompt("x")
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(9999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build();
    assertThat(RequestCodec.decode(newer.toByteArray(), null).request().toByteArray())
        .isEqualTo(newer.toByteArray());
  }

  @Test
  void protobufNumbersAreHeldToTheSameRules() {
    Request nan =
        Request.newBuilder()
            .setPrompt("x")
            .setSampling(Sampling.newBuilder().setTemperature(Float.NaN))
            .build();
    assertThat(refusal(nan.toByteArray()).field()).isEqualTo("temperature");
    Request huge = Request.newBuilder().setPrompt("x").setMaxTokens(-1).build();
    assertThat(refusal(huge.toByteArray()).field()).isEqualTo("max_tokens");
  }

  @Test
  void anOperationNamesWhatItNeeds() {
    assertThat(refusal(utf8("{\"kind\":\"fork\"}")).field()).isEqualTo("target");
    assertThat(refusal(utf8("{\"kind\":\"rewind\"}")).field()).isEqualTo("parent_turn");
    assertThat(refusal(utf8("{\"kind\":\"import\"}")).field()).isEqualTo("file");
  }

  @Test
  void randomBytesAreReadOrRefusedAndNothingElse() {
    SplittableRandom random = new SplittableRandom(5);
    byte[] seed = utf8("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":3}");
    for (int i = 0; i < 5000; i++) {
      byte[] value = seed.clone();
      if (i % 2 == 0) {
        value = new byte[random.nextInt(60)];
        random.nextBytes(value);
      }
      for (int n = random.nextInt(4); n > 0 && value.length > 0; n--) {
        value[random.nextInt(value.length)] = (byte) random.nextInt(256);
      }
      try {
        RequestCodec.decode(value, null);
      } catch (BadRecordException e) {
        assertThat(e.code()).isNotEmpty();
        assertThat(e).hasMessageEndingWith(".");
      }
    }
  }
}
