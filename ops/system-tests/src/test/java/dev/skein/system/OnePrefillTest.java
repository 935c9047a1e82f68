package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What several choices cost, by the engine's own counter. */
@ExtendWith(SharedUp.class)
class OnePrefillTest {
  private static final Pattern COUNTER =
      Pattern.compile("(?m)^skein_engine_prompt_tokens_total\\{[^}]*} ([0-9.E]+)$");

  @Test
  void fourChoicesReadTheirPromptOnce(UpProcess up) {
    try (Api api = new Api(up)) {
      String words = "Once upon a time there was a fox. ".repeat(20);
      long before = promptTokens(api, up);
      api.ask(asking(words, 1));
      long one = promptTokens(api, up) - before;
      api.ask(asking(words, 4));
      long four = promptTokens(api, up) - before - one;
      assertThat(one).isGreaterThan(100);
      assertThat(four)
          .as("the last token of the prompt is read by each choice, the rest once")
          .isEqualTo(one + 3);
    }
  }

  private static ObjectNode asking(String words, int choices) {
    return Api.chat(words, 4, 4).put("n", choices).put("temperature", 1);
  }

  private static long promptTokens(Api api, UpProcess up) {
    Matcher counter = COUNTER.matcher(api.get(up.ops() + "/metrics"));
    assertThat(counter.find()).isTrue();
    return (long) Double.parseDouble(counter.group(1));
  }
}
