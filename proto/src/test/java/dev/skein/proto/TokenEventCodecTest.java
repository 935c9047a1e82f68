package dev.skein.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenEventCodecTest {

  private static TokenEvent.Builder alice(int index) {
    return TokenEvent.newBuilder()
        .setSession("alice")
        .setIndex(index)
        .setEpoch(3)
        .setRequestId("0-41");
  }

  @Test
  void jsonOfATokenIsTheDocumentedLine() {
    TokenEvent event = alice(0).setToken(Token.newBuilder().setId(3).setText(" there")).build();
    assertThat(TokenEventCodec.toJson(event))
        .isEqualTo(
            "{\"session\":\"alice\",\"turn\":0,\"choice\":0,\"index\":0,\"epoch\":3,"
                + "\"request_id\":\"0-41\",\"token\":3,\"text\":\" there\"}");
  }

  @Test
  void jsonOfAnEndIsTheDocumentedLine() {
    TokenEvent event =
        alice(24)
            .setEnd(
                End.newBuilder()
                    .setFinishReason("length")
                    .setUsage(Usage.newBuilder().setPromptTokens(4).setCompletionTokens(24)))
            .build();
    assertThat(TokenEventCodec.toJson(event))
        .isEqualTo(
            "{\"session\":\"alice\",\"turn\":0,\"choice\":0,\"index\":24,\"epoch\":3,"
                + "\"request_id\":\"0-41\",\"done\":true,\"finish_reason\":\"length\","
                + "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":24}}");
  }

  @Test
  void jsonOfStartedAndOfAnErrorAreFlatToo() {
    assertThat(
            TokenEventCodec.toJson(
                alice(0).setStarted(Started.newBuilder().setAttempt(1).setModel("m")).build()))
        .endsWith(
            "\"started\":true,\"attempt\":1,\"model\":\"m\",\"prompt_tokens\":0,"
                + "\"request_offset\":\"0\"}");
    assertThat(
            TokenEventCodec.toJson(
                alice(0)
                    .setTurn(-1)
                    .setEnd(
                        End.newBuilder()
                            .setFinishReason("error")
                            .setError(Failure.newBuilder().setCode("c").setMessage("m")))
                    .build()))
        .contains("\"turn\":-1,")
        .endsWith(
            "\"done\":true,\"finish_reason\":\"error\",\"error\":{\"code\":\"c\",\"message\":\"m\"}}");
  }

  @Test
  void bothFormsComeBackAsTheyWere() throws BadRecordException {
    for (long seed = 0; seed < 3000; seed++) {
      TokenEvent event = new Arbitrary(seed).event();
      byte[] json = TokenEventCodec.encode(event, true);
      byte[] protobuf = TokenEventCodec.encode(event, false);
      assertThat(TokenEventCodec.isJson(json)).isTrue();
      assertThat(TokenEventCodec.isJson(protobuf)).isFalse();
      assertThat(TokenEventCodec.decode(json)).as("seed %d", seed).isEqualTo(event);
      assertThat(TokenEventCodec.decode(protobuf)).as("seed %d", seed).isEqualTo(event);
    }
  }

  /** 123 is the code of the opening brace, and tag 1 that of the line feed. */
  @ParameterizedTest
  @ValueSource(ints = {9, 10, 13, 32, 123})
  void aSessionNameOfAnyLengthIsNotTakenForJson(int length) throws BadRecordException {
    TokenEvent event = TokenEvent.newBuilder().setSession("{".repeat(length)).build();
    assertThat(TokenEventCodec.decode(event.toByteArray())).isEqualTo(event);
  }

  @Test
  void minusInfinityIsPrintedAsANumber() throws BadRecordException {
    TokenEvent event =
        alice(1).setToken(Token.newBuilder().setLogprob(Float.NEGATIVE_INFINITY)).build();
    assertThat(TokenEventCodec.decode(TokenEventCodec.encode(event, true)).getToken().getLogprob())
        .isEqualTo(-9999f);
  }

  @Test
  void unknownFieldsAreToleratedInBothForms() throws BadRecordException {
    TokenEvent newer =
        alice(1)
            .setToken(Token.newBuilder().setId(5))
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                    .build())
            .build();
    assertThat(TokenEventCodec.decode(newer.toByteArray())).isEqualTo(newer);
    byte[] json =
        "{\"session\":\"a\",\"token\":5,\"text\":\"x\",\"from_the_future\":[{}]}"
            .getBytes(StandardCharsets.UTF_8);
    assertThat(TokenEventCodec.decode(json).getToken().getId()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{", "{}x", "{\"turn\":\"0\"}", "{\"token\":-1}", "garbage", "{\"index\":1.5}"})
  void garbageIsRefused(String value) {
    assertThatThrownBy(() -> TokenEventCodec.decode(value.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(BadRecordException.class);
  }
}
