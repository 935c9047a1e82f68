package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The terminal chat at a real terminal. */
@ExtendWith(SharedUp.class)
class ChatTerminalTest {
  private static final String ENTER = "\r";
  private static final String UP = "\033OA";
  private static final String END_OF_INPUT = "\004";
  private static final String PROMPT = "\n> ";

  @TempDir Path folder;

  @BeforeEach
  void thereIsScript() {
    ProcessBuilder which = new ProcessBuilder("sh", "-c", "command -v script");
    Assumptions.assumeTrue(
        SkeinCommand.run(Duration.ofSeconds(20), which).exitCode() == 0,
        "script is not installed (Debian: apt install bsdutils)");
  }

  private PseudoTerminal chat(UpProcess up, String session) throws IOException {
    String command =
        "%s chat --url %s --session %s --max-tokens 8"
            .formatted(Checkout.root().resolve("skein"), up.api(), session);
    Map<String, String> environment =
        Map.of("SKEIN_BUILD", "never", "XDG_STATE_HOME", folder.toString());
    return PseudoTerminal.start(folder, environment, command);
  }

  private static List<String> said(UpProcess up, String session) {
    try (Api api = new Api(up)) {
      JsonNode turns = Api.parse(api.get(up.api() + "/sessions/" + session + "/transcript"));
      List<String> said = new ArrayList<>();
      for (JsonNode turn : turns.path("data")) {
        if (turn.path("kind").asText().equals("generate")) {
          said.add(turn.at("/messages/0/content").asText());
        }
      }
      return said;
    }
  }

  @Test
  void whatCanBeTypedDoesWhatTheHelpSays(UpProcess up) throws Exception {
    Path saved = folder.resolve("goose.skein");
    try (PseudoTerminal terminal = chat(up, "pty")) {
      terminal.await("session pty; /help lists what can be typed");
      terminal.await(PROMPT);
      terminal.type("What do bears eat?" + ENTER);
      terminal.await(PROMPT);
      terminal.type("Tell me\\" + ENTER);
      terminal.await("\n. ");
      terminal.type("about a fox." + ENTER);
      terminal.await(PROMPT);
      assertThat(said(up, "pty")).containsExactly("What do bears eat?", "Tell me\nabout a fox.");
      terminal.type("/stats" + ENTER);
      terminal.await("session pty, model skein-demo-9m: 2 turns");
      terminal.await("8 generated");
      terminal.type("/save " + saved + ENTER);
      terminal.await("to " + saved);
      assertThat(Files.size(saved)).isGreaterThan(200);
      terminal.type("/fork pty-copy" + ENTER);
      terminal.await("session pty-copy goes on from here; pty stays as it is");
      terminal.type("And a goose?" + ENTER);
      terminal.await(PROMPT);
      terminal.type("/rewind 2" + ENTER);
      terminal.await("back at the end of turn 0 (What do bears eat?)");
      terminal.type("/think on" + ENTER);
      terminal.await("thoughts are shown");
      terminal.type("/rewind x" + ENTER);
      terminal.await("/rewind takes a number of turns, and got 'x'");
      terminal.type("/nonsense" + ENTER);
      terminal.await("there is no /nonsense; /help lists what there is");
      terminal.type("/help" + ENTER);
      assertThat(terminal.await("/quit")).contains("/fork", "/rewind", "/save", "/stats", "/think");
      terminal.type(END_OF_INPUT);
      assertThat(terminal.end()).isZero();
    }
    assertThat(said(up, "pty-copy")).containsExactly("What do bears eat?");
    assertThat(said(up, "pty")).hasSize(2);
  }

  @Test
  void whatWasTypedIsFoundAgainByTheArrowKeys(UpProcess up) throws Exception {
    try (PseudoTerminal terminal = chat(up, "pty-history")) {
      terminal.await(PROMPT);
      terminal.type("Where do geese fly?" + ENTER);
      terminal.await(PROMPT);
      terminal.type("/quit" + ENTER);
      assertThat(terminal.end()).isZero();
    }
    try (PseudoTerminal terminal = chat(up, "pty-history")) {
      terminal.await(PROMPT);
      terminal.type(UP + UP);
      terminal.await("Where do geese fly?");
      terminal.type(ENTER);
      terminal.await(PROMPT);
      terminal.type(END_OF_INPUT);
      assertThat(terminal.end()).isZero();
    }
    assertThat(said(up, "pty-history"))
        .containsExactly("Where do geese fly?", "Where do geese fly?");
  }
}
