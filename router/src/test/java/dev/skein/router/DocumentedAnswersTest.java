package dev.skein.router;

import static dev.skein.router.RouterRig.document;
import static dev.skein.router.RouterRig.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.router.DocumentedAnswers.Answer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The judge of all answers is not blind: an answer that was altered is refused. */
@ExtendWith(RouterRig.class)
class DocumentedAnswersTest {
  private static final String CHAT = "/v1/chat/completions";

  private static Answer given(String more) throws Exception {
    return Answer.of(post(CHAT, "{'messages':[{'role':'user','content':'count 2'}]" + more + "}"));
  }

  private static void assertRefused(Answer altered) {
    assertThatThrownBy(() -> document().check(altered, "altered"))
        .as(altered.toString())
        .isInstanceOf(Throwable.class);
  }

  @Test
  void aBodyOfAnotherShapeIsRefused() throws Exception {
    Answer answer = given("");
    assertThatCode(() -> document().check(answer, "as given")).doesNotThrowAnyException();
    Map<String, String> alterations =
        Map.of(
            "\"choices\":[", "\"choice\":[",
            "\"chat.completion\"", "\"chat\"",
            "\"created\":", "\"created\":\"now\",\"made\":",
            "\"finish_reason\":\"length\"", "\"finish_reason\":\"tired\"",
            "\"total_tokens\":", "\"total_tokens\":-1,\"all_tokens\":");
    alterations.forEach((from, to) -> {
      assertThat(answer.body()).contains(from);
      assertRefused(with(answer, answer.body().replace(from, to)));
    });
    assertRefused(with(answer, answer.body().substring(1)));
  }

  @Test
  void anEventOfAnotherShapeIsRefused() throws Exception {
    Answer answer = given(",'stream':true");
    assertThatCode(() -> document().check(answer, "as given")).doesNotThrowAnyException();
    assertRefused(with(answer, answer.body().replaceFirst("\"delta\":", "\"message\":")));
    assertRefused(with(answer, answer.body().replace("data: [DONE]", "data: done")));
  }

  @Test
  void anotherStatusOrTypeIsRefused() throws Exception {
    Answer answer = given("");
    assertRefused(new Answer("POST", CHAT, 418, answer.type(), answer.body()));
    assertRefused(new Answer("POST", CHAT, 200, "text/plain", answer.body()));
    assertRefused(new Answer("POST", CHAT, 400, answer.type(), answer.body()));
    assertRefused(new Answer("POST", "/v1/nothing", 200, answer.type(), answer.body()));
    assertRefused(new Answer("PUT", CHAT, 404, answer.type(), "{}"));
  }

  private static Answer with(Answer answer, String body) {
    return new Answer(answer.method(), answer.path(), answer.status(), answer.type(), body);
  }
}
