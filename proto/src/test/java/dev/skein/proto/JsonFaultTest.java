package dev.skein.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of broken JSON is for its sender: no names of classes, no settings of a parser. */
class JsonFaultTest {
  private static String said(String json) {
    try {
      return Json.parse(json.getBytes(StandardCharsets.UTF_8)).toString();
    } catch (BadRecordException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void saysWhatAndWhere() {
    assertThat(said("{\"prompt\":\"x\"")).contains("it ends too early (line 1, column 14)");
    assertThat(said("{\"a\":1,\n\"a\":2}"))
        .contains("duplicate")
        .contains("'a'")
        .contains("line 2");
    assertThat(said("{} {}")).contains("something follows its end");
    assertThat(said("{\"a\":[1}")).contains("line 1");
    assertThat(said("{\"a\":" + "[".repeat(2_000))).contains("depth").contains("exceeds");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{\"",
        "{\"a",
        "{\"a\":",
        "{\"a\":[",
        "{\"a\":[1}",
        "{\"a\":tru}",
        "{\"a\":1}}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":\"\\x\"}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1e}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":\"\n\"}"
      })
  void namesNothingOfTheParser(String json) {
    assertThat(said(json)).startsWith("The JSON cannot be read: ").endsWith(").");
    assertThat(said(json)).doesNotContain("Source").doesNotContain("`").doesNotContain("Feature");
    assertThat(said(json)).doesNotContain("com.fasterxml").hasSizeLessThan(200);
  }

  @Test
  void whatIsRightIsRead() {
    assertThat(said("{\"a\":1}")).isEqualTo("{\"a\":1}");
    assertThatThrownBy(() -> Json.parse("[]".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(BadRecordException.class);
  }
}
