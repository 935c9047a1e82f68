package dev.skein.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
  private final ChatTemplate world = ChatTemplate.world();

  private static ChatMessage user(String content) {
    return new ChatMessage("user", content);
  }

  @Test
  void laysOutAConversation() {
    assertThat(
            world.first(
                List.of(
                    new ChatMessage("system", "Be brief."),
                    user("Hi"),
                    new ChatMessage("assistant", "Hello!"),
                    user("Why?"))))
        .isEqualTo(
            "System: Be brief.\n\nUser: Hi\n\nAssistant: Hello!\n\nUser: Why?\n\nAssistant:");
    assertThat(
            world.first(List.of(new ChatMessage("developer", "x"), new ChatMessage("tool", "7"))))
        .isEqualTo("System: x\n\nObservation: 7\n\nAssistant:");
  }

  @Test
  void ravenSpeaksAsItWasTrained() {
    ChatTemplate raven = ChatTemplate.raven();
    assertThat(
            raven.first(
                List.of(
                    new ChatMessage("system", "Alice is kind."),
                    user("Hi"),
                    new ChatMessage("assistant", "Hello!"),
                    user("Why?\n\nReally."))))
        .isEqualTo("Alice is kind.\n\nBob: Hi\n\nAlice: Hello!\n\nBob: Why?\nReally.\n\nAlice:");
    assertThat(raven.stop()).containsExactly("\n\n");
  }

  @Test
  void continuesAfterTheAnswerThatTheStateHasRead() {
    List<ChatMessage> first = List.of(user("Hi"));
    List<ChatMessage> then = List.of(user("Go on."));
    assertThat(world.first(first) + " Hello!" + world.next(then))
        .isEqualTo(
            world.first(
                List.of(user("Hi"), new ChatMessage("assistant", "Hello!"), user("Go on."))));
  }

  @Test
  void collapsesBlankLinesSinceTheyEndAMessage() {
    assertThat(world.first(List.of(user("  a\r\n\r\nb\n\n\n\nc\rd\n "))))
        .isEqualTo("User: a\nb\nc\nd\n\nAssistant:");
    assertThat(world.first(List.of(user(" \n ")))).isEqualTo("User:\n\nAssistant:");
  }

  @Test
  void textIsNeverTakenForATemplate() {
    assertThat(world.first(List.of(user("{content} $1 \\n"))))
        .isEqualTo("User: {content} $1 \\n\n\nAssistant:");
  }

  @Test
  void stopsAtTheNextUserAndWhatTheModelAdds() {
    assertThat(world.stop()).containsExactly("\n\nUser:");
    assertThat(ChatTemplate.world(List.of("\n\n", "\n\nUser:")).stop())
        .containsExactly("\n\nUser:", "\n\n");
  }

  private static ChatTemplate named(String name) {
    return ChatTemplate.of(JsonNodeFactory.instance.textNode(name));
  }

  @Test
  void publishedLayoutsHaveNames() {
    List<ChatMessage> asked = List.of(user("Hi\n\nyou"));
    assertThat(named("world").first(asked)).isEqualTo("User: Hi\nyou\n\nAssistant:");
    assertThat(named("raven").first(asked)).isEqualTo("Bob: Hi\nyou\n\nAlice:");
    assertThat(named("raven-alpaca").first(asked))
        .isEqualTo("# Instruction:\nHi\nyou\n\n# Response:\n");
    assertThat(named("raven-hf").first(asked))
        .isEqualTo("### Instruction:\nHi\nyou\n\n### Response:\n");
    assertThat(named("world").stop()).containsExactly("\n\nUser:");
    assertThat(named("g1").stop()).as("G1 writes blank lines").containsExactly("\n\nUser:");
    assertThat(named("g1-think").stop()).containsExactly("\n\nUser:");
    assertThat(named("raven").stop()).containsExactly("\n\n");
    assertThat(named("raven-alpaca").stop()).containsExactly("\n\n#");
    assertThat(named("raven-hf").stop()).containsExactly("\n\n###");
    assertThatThrownBy(() -> named("alpaca")).hasMessageContaining("raven-alpaca");
  }

  @Test
  void aLayoutMayOpenAThoughtWhichTheAnswerCloses() {
    ChatTemplate thinking = named("g1-think");
    assertThat(thinking.first(List.of(user("Hi")))).isEqualTo("User: Hi\n\nAssistant: <think");
    assertThat(thinking.thinks()).isTrue();
    assertThat(thinking.plain().first(List.of(user("Hi")))).isEqualTo("User: Hi\n\nAssistant:");
    assertThat(named("g1").thinks()).isFalse();
    assertThat(ChatTemplate.of(thinking.toJson()).thinks()).isTrue();
  }

  @Test
  void refusesUnknownRoles() {
    assertThatThrownBy(() -> world.first(List.of(new ChatMessage("bob", "x"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("role")
        .hasMessageContaining("bob");
  }
}
