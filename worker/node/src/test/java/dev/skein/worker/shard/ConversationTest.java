package dev.skein.worker.shard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Clients that send the whole conversation each time: what is known is not read again. */
class ConversationTest {

  private final LoneShard shard = new LoneShard();

  private static String chat(String... messages) {
    StringBuilder json = new StringBuilder("{\"max_tokens\":1,\"messages\":[");
    for (int i = 0; i < messages.length; i++) {
      String role = i % 2 == 0 ? "user" : "assistant";
      json.append(i == 0 ? "" : ",")
          .append("{\"role\":\"%s\",\"content\":\"%s\"}".formatted(role, messages[i]));
    }
    return json.append("]}").toString();
  }

  private String fed() {
    StringBuilder text = new StringBuilder();
    for (int id : shard.started().generation().prompt()) {
      text.append((char) id);
    }
    return text.toString();
  }

  private void begin() {
    shard.ask("ann", chat("hi"));
    shard.run("ann", 0);
  }

  @Test
  void whatIsKnownIsSkipped() {
    begin();
    shard.ask("ann", chat("hi", " z ", "more"));
    shard.run("ann", 1);
    assertThat(fed()).isEqualTo("z|more");
    shard.ask("ann", chat("hi", "z", "more", "z", "and more"));
    shard.run("ann", 2);
    assertThat(fed()).isEqualTo("z|and more");
  }

  @Test
  void aNewMessageAloneIsAdded() {
    begin();
    shard.ask("ann", chat("hi"));
    shard.run("ann", 1);
    assertThat(fed()).isEqualTo("z|hi");
  }

  @Test
  void aContradictionNamesTheMessageAndTheForkThatWouldTakeIt() {
    begin();
    shard.ask("ann", chat("hi", "z", "more"));
    shard.run("ann", 1);
    shard.ask("ann", chat("hi", "z", "less", "z", "and"));
    assertThat(shard.refusal()).isEqualTo("session_diverged");
    assertThat(shard.answer().getError().getMessage())
        .contains("Message 2 (user)")
        .contains("parent_turn 0")
        .contains("from message 2");
    shard.ask("ann", chat("hi", "no", "more"));
    assertThat(shard.answer().getError().getMessage())
        .contains("Message 1 (assistant)")
        .contains("Begin another session");
  }

  @Test
  void aForkAtThatTurnTakesTheConversation() {
    begin();
    shard.ask("ann", chat("hi", "z", "more"));
    shard.run("ann", 1);
    shard.ask("ann", "{\"kind\":\"fork\",\"target\":\"bob\",\"parent_turn\":0}");
    shard.ask("bob", chat("hi", "z", "less"));
    shard.run("bob", 1);
    assertThat(fed()).isEqualTo("hiz|less");
  }
}
