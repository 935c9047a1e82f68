package dev.skein.router.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplyReaderTest {
  private static final ReplyForm TOOLS = new ReplyForm(true, false, List.of("weather", "time"));

  /** The parts of a text that comes in pieces of every size, put together; they must all agree. */
  private static Reply read(ReplyForm form, String text) {
    Reply whole = read(form, text, text.length());
    for (int size = 1; size < text.length(); size++) {
      Reply pieces = read(form, text, size);
      assertThat(pieces.content()).isEqualTo(whole.content());
      assertThat(pieces.reasoning()).isEqualTo(whole.reasoning());
      assertThat(pieces.called()).isEqualTo(whole.called());
      assertThat(pieces.arguments()).isEqualTo(whole.arguments());
    }
    return whole;
  }

  private static Reply read(ReplyForm form, String text, int size) {
    ReplyReader reader = new ReplyReader(form);
    Reply reply = new Reply();
    for (int i = 0; i < text.length(); i += size) {
      reply.add(reader.read(text.substring(i, Math.min(text.length(), i + size)), false));
    }
    return reply.add(reader.read("", true));
  }

  @Test
  void anAnswerLosesTheSpaceAfterTheSpeakersColonOnly() {
    assertThat(read(ReplyForm.CHAT, "  Hi there ").content()).isEqualTo(" Hi there ");
    assertThat(read(ReplyForm.TEXT, " Hi").content()).isEqualTo(" Hi");
    assertThat(read(ReplyForm.CHAT, " <thing>").content()).isEqualTo("<thing>");
  }

  @Test
  void anAnswerUnderAConstraintIsKeptToTheLetter() {
    ReplyForm form = ReplyForm.chat(true, List.of()).thinking(true);
    for (String text : List.of(" yes", "  yes", " ", "<think>", " <think>no</think> yes")) {
      Reply reply = read(form, text);
      assertThat(reply.content()).isEqualTo(text);
      assertThat(reply.reasoning()).isEmpty();
    }
    ReplyForm calls = ReplyForm.chat(true, List.of("time"));
    assertThat(read(calls, "{\"name\":\"time\",\"arguments\":{}}").called()).isEqualTo("time");
    assertThat(read(calls, " {\"name\":1}").content()).isEqualTo(" {\"name\":1}");
  }

  @Test
  void aThoughtIsNotPartOfTheAnswer() {
    Reply reply = read(ReplyForm.CHAT, " <think>a < b </thin so</think>\n\nYes.");
    assertThat(reply.reasoning()).isEqualTo("a < b </thin so");
    assertThat(reply.content()).isEqualTo("Yes.");
    Reply open = read(new ReplyForm(true, true, List.of()), ">Hm.\n</think>\nNo.");
    assertThat(open.reasoning()).isEqualTo("Hm.\n");
    assertThat(open.content()).isEqualTo("No.");
    Reply cut = read(new ReplyForm(true, true, List.of()), "> Hm</th");
    assertThat(cut.reasoning()).isEqualTo(" Hm</th");
    assertThat(cut.content()).isEmpty();
  }

  @Test
  void aCallIsNameAndArgumentsAndWhatLooksLikeOneIsText() {
    Reply call =
        read(TOOLS, " {\"name\": \"time\", \"arguments\": {\"a\":\"}\\\"{\",\"b\":[{}]}}\n");
    assertThat(call.called()).isEqualTo("time");
    assertThat(call.arguments()).isEqualTo("{\"a\":\"}\\\"{\",\"b\":[{}]}");
    assertThat(call.content()).isEmpty();
    String unknown = "{\"name\":\"other\",\"arguments\":{}}";
    assertThat(read(TOOLS, unknown).content()).isEqualTo(unknown);
    assertThat(read(ReplyForm.CHAT, unknown).called()).isNull();
    assertThat(read(TOOLS, " {\"name\":").content()).isEqualTo("{\"name\":");
    assertThat(read(TOOLS, " Plain.").content()).isEqualTo("Plain.");
  }

  @Test
  void nothingIsHeldBackThatIsCertain() {
    ReplyReader reader = new ReplyReader(TOOLS);
    List<ReplyPart> parts = new ArrayList<>(reader.read(" It", false));
    assertThat(parts).containsExactly(new ReplyPart.Content("It"));
    ReplyReader calling = new ReplyReader(TOOLS);
    calling.read("{\"name\":\"time\",\"arguments\":{", false);
    assertThat(calling.called()).isTrue();
    assertThat(calling.read("\"zone\"", false))
        .containsExactly(new ReplyPart.Arguments("\"zone\""));
  }
}
