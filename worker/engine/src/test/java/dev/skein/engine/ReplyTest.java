package dev.skein.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReplyTest {
  private final ToyTokenizer tokenizer = new ToyTokenizer("Hel", "lo", "x\n", "\n\n", "\ny", "é");

  private Reply reply(int maxTokens, String... stop) {
    Generation g = Generation.of(5).maxTokens(maxTokens).stop(List.of(stop)).build();
    return new Reply(g, tokenizer, 0);
  }

  private String take(Reply reply, String piece) {
    return reply.take(tokenizer.id(piece));
  }

  @Test
  void tokensWithoutStopsAreSureAtOnce() {
    Reply reply = reply(3);
    assertThat(take(reply, "Hel")).isEqualTo("Hel");
    assertThat(reply.sure()).isEqualTo(1);
    assertThat(reply.end()).isNull();
    take(reply, "lo");
    take(reply, "x\n");
    assertThat(reply.end()).isEqualTo(FinishReason.LENGTH);
    assertThat(reply.kept()).containsExactly(129, 130, 131);
  }

  @Test
  void aPossibleStopIsNotSureUntilItIsHarmless() {
    Reply reply = reply(9, "\n\n");
    take(reply, "Hel");
    assertThat(take(reply, "x\n")).isEqualTo("x");
    assertThat(reply.sure()).isEqualTo(1);
    assertThat(take(reply, "lo")).isEqualTo("\nlo");
    assertThat(reply.sure()).isEqualTo(3);
  }

  @Test
  void aStopThatIsWholeTokensLeavesWholeTokens() {
    Reply reply = reply(9, "\n\n");
    take(reply, "Hel");
    assertThat(take(reply, "\n\n")).isEmpty();
    assertThat(reply.end()).isEqualTo(FinishReason.STOP);
    assertThat(reply.wholeKept()).isEqualTo(1);
    assertThat(reply.kept()).containsExactly(129);
    assertThat(reply.flush()).isEmpty();
  }

  @Test
  void theVisiblePartOfATokenIsEncodedAgain() {
    Reply reply = reply(9, "\n\n");
    take(reply, "lo");
    take(reply, "x\n");
    take(reply, "\ny");
    assertThat(reply.end()).isEqualTo(FinishReason.STOP);
    assertThat(reply.wholeKept()).isEqualTo(1);
    assertThat(reply.kept()).containsExactly(130, 'x' + 1);
  }

  @Test
  void endOfTextEndsAndIsNotKept() {
    Reply reply = reply(9, "\n\n");
    take(reply, "x\n");
    assertThat(reply.take(0)).isEmpty();
    assertThat(reply.end()).isEqualTo(FinishReason.STOP);
    assertThat(reply.flush()).isEqualTo("\n");
    assertThat(reply.kept()).containsExactly(131);
    assertThat(reply.size()).isEqualTo(2);
  }

  @Test
  void endOfTextCanBeIgnored() {
    Generation g = Generation.of(5).maxTokens(3).ignoreEndOfText(true).build();
    Reply reply = new Reply(g, tokenizer, 0);
    reply.take(0);
    assertThat(reply.end()).isNull();
    assertThat(reply.kept()).containsExactly(0);
  }

  @Test
  void stopTokensEndLikeEndOfText() {
    Generation g = Generation.of(5).maxTokens(3).stopTokens(130).build();
    Reply reply = new Reply(g, tokenizer, 0);
    reply.take(129);
    assertThat(reply.take(130)).isEmpty();
    assertThat(reply.end()).isEqualTo(FinishReason.STOP);
    assertThat(reply.kept()).containsExactly(129);
  }

  @Test
  void aStopBeatsTheLimitAtTheSameToken() {
    Reply reply = reply(1, "lo");
    take(reply, "lo");
    assertThat(reply.end()).isEqualTo(FinishReason.STOP);
    assertThat(reply.kept()).isEmpty();
  }

  @Test
  void withoutTokenizerThereIsNoText() {
    Reply reply = new Reply(Generation.of(5).maxTokens(2).build(), null, 0);
    assertThat(reply.take(7)).isEmpty();
    assertThat(reply.sure()).isEqualTo(1);
    reply.take(7);
    assertThat(reply.end()).isEqualTo(FinishReason.LENGTH);
    assertThat(reply.flush()).isEmpty();
  }
}
