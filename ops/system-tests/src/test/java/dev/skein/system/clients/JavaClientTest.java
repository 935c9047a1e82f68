package dev.skein.system.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skein.client.Answer;
import dev.skein.client.ChatRequest;
import dev.skein.client.Message;
import dev.skein.client.Piece;
import dev.skein.client.SessionInfo;
import dev.skein.client.SessionTurn;
import dev.skein.client.Sessions;
import dev.skein.client.SkeinClient;
import dev.skein.client.SkeinException;
import dev.skein.system.SharedUp;
import dev.skein.system.UpProcess;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The client of {@code router/client} against a running router. */
@ExtendWith(SharedUp.class)
class JavaClientTest {
  private static final String STORY = "Tell me a story about a fox.";

  private static SkeinClient client(UpProcess up) {
    return SkeinClient.of(URI.create(up.api()));
  }

  private static ChatRequest story() {
    return ChatRequest.of(STORY).seed(3).maxTokens(60);
  }

  private static String name(String what) {
    return what + "/" + UUID.randomUUID();
  }

  @Test
  void sends(UpProcess up) throws Exception {
    try (SkeinClient skein = client(up)) {
      ChatRequest request = story();
      Answer answer = skein.send(request);
      assertThat(answer.text()).startsWith("Once").contains("fox");
      assertThat(answer.model()).isEqualTo("skein-demo-9m");
      assertThat(answer.usage().completionTokens()).isEqualTo(60);
      assertThat(answer.finishReason()).isEqualTo("length");
      assertThat(skein.send(request))
          .as("the same request again is the same turn")
          .isEqualTo(answer);
    }
  }

  @Test
  void streamsWhatItWouldHaveSent(UpProcess up) throws Exception {
    try (SkeinClient skein = client(up)) {
      Answer whole = skein.send(story());
      List<Piece> pieces = Pieces.of(skein.stream(story()));
      assertThat(Pieces.text(pieces)).isEqualTo(whole.text());
      assertThat(pieces).hasSizeGreaterThan(40);
      assertThat(Objects.requireNonNull(pieces.getLast().usage()).completionTokens())
          .isEqualTo(whole.usage().completionTokens());
      assertThat(pieces.stream().map(Piece::finishReason).filter(reason -> !reason.isEmpty()))
          .containsExactly("length");
    }
  }

  @Test
  void brokenConnectionsLoseAndDoubleNothing(UpProcess up) throws Exception {
    try (SkeinClient direct = client(up);
        CuttingProxy proxy = new CuttingProxy(up.api(), 3, 4_000);
        SkeinClient skein = SkeinClient.of(proxy.address())) {
      String session = name("cut");
      List<Piece> pieces = Pieces.of(skein.stream(story().session(session)));
      assertThat(proxy.connections()).isGreaterThan(3);
      assertThat(Pieces.text(pieces)).isEqualTo(direct.send(story()).text());
      assertThat(pieces.stream().map(Piece::eventId).filter(id -> !id.isEmpty()))
          .doesNotHaveDuplicates();
      assertThat(direct.sessions().show(session).nextTurn()).as("one turn").isEqualTo(1);
    }
    try (CuttingProxy proxy = new CuttingProxy(up.api(), 1, 10);
        SkeinClient skein = SkeinClient.of(proxy.address());
        SkeinClient direct = client(up)) {
      String session = name("cut");
      assertThat(skein.send(story().session(session)).text()).startsWith("Once");
      assertThat(proxy.connections()).isEqualTo(2);
      assertThat(direct.sessions().show(session).nextTurn()).as("one turn").isEqualTo(1);
    }
  }

  @Test
  void anotherProcessGoesOnWithAStream(UpProcess up) throws Exception {
    ChatRequest request = story().with("background", true).session(name("handed"));
    List<Piece> head;
    try (SkeinClient skein = client(up)) {
      head = Pieces.of(skein.stream(request), 9);
    }
    try (SkeinClient other = client(up)) {
      List<Piece> rest = Pieces.of(other.resume(request, head.getLast().eventId()));
      String whole = other.send(story()).text();
      assertThat(Pieces.text(head) + Pieces.text(rest)).isEqualTo(whole);
    }
  }

  @Test
  void sessionsAreShownForkedRewoundAndDeleted(UpProcess up) throws Exception {
    try (SkeinClient skein = client(up)) {
      Sessions sessions = skein.sessions();
      String session = name("walk");
      Answer first = skein.send(story().session(session));
      Answer second =
          skein.send(ChatRequest.of("What was its name?").seed(3).maxTokens(8).session(session));
      assertThat(second.usage().promptTokens()).isLessThan(20);
      SessionInfo shown = sessions.show(session);
      assertThat(shown.pool()).isEqualTo("main");
      assertThat(shown.nextTurn()).isEqualTo(2);
      assertThat(shown.tokensRead()).isGreaterThan(60);
      List<SessionTurn> turns = sessions.transcript(session, 10);
      assertThat(turns).extracting(SessionTurn::turn).containsExactly(0L, 1L);
      assertThat(turns.getFirst().messages()).containsExactly(Message.user(STORY));
      assertThat(turns.getFirst().text().strip()).isEqualTo(first.text().strip());

      String child = name("child");
      assertThat(sessions.fork(session, child, 0).id()).isEqualTo(child);
      Answer again =
          skein.send(ChatRequest.of("What was its name?").seed(3).maxTokens(8).session(child));
      assertThat(again.text()).isEqualTo(second.text());
      assertThat(sessions.rewind(session, 0).id()).isEqualTo(session);
      assertThat(sessions.transcript(session, 10)).hasSize(1);
      assertThat(sessions.list("", 1_000)).extracting(SessionInfo::id).contains(session, child);

      sessions.delete(child);
      assertThatThrownBy(() -> sessions.show(child))
          .isInstanceOfSatisfying(
              SkeinException.class,
              error -> {
                assertThat(error.status()).isEqualTo(404);
                assertThat(error.code()).isEqualTo("session_not_found");
              });
    }
  }

  @Test
  void callsFunctionsAndNamesWhatIsWrong(UpProcess up) throws Exception {
    Map<String, Object> parameters =
        Map.of(
            "type",
            "object",
            "properties",
            Map.of("town", Map.of("enum", List.of("Bern", "Oslo"))),
            "required",
            List.of("town"));
    try (SkeinClient skein = client(up)) {
      Answer answer =
          skein.send(
              ChatRequest.of("How is the weather?")
                  .with(
                      "tools",
                      List.of(
                          Map.of(
                              "type",
                              "function",
                              "function",
                              Map.of("name", "weather", "parameters", parameters))))
                  .with("tool_choice", "required"));
      assertThat(answer.calls())
          .singleElement()
          .satisfies(call -> assertThat(call.arguments()).containsAnyOf("Bern", "Oslo"));
      assertThat(answer.finishReason()).isEqualTo("tool_calls");
      for (ChatRequest wrong :
          List.of(story().temperature(9), story().with("temperature", 9).session("x"))) {
        assertThatThrownBy(() -> Pieces.of(skein.stream(wrong)))
            .isInstanceOfSatisfying(
                SkeinException.class,
                error -> {
                  assertThat(error.status()).isEqualTo(400);
                  assertThat(error.field()).isEqualTo("temperature");
                });
      }
    }
    try (SkeinClient nowhere = SkeinClient.of(URI.create("http://127.0.0.1:1"))) {
      assertThatThrownBy(() -> nowhere.send(story())).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> Pieces.of(nowhere.stream(story()))).isInstanceOf(IOException.class);
    }
  }
}
