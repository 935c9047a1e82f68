package dev.skein.cli.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein session transcript}. */
@Command(
    name = "transcript",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Print what was said in a session, oldest turn first.")
final class TranscriptCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin RouterAddress router;

  @Parameters(paramLabel = "SESSION", description = "Its name.")
  String session = "";

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "Most turns to print, the newest ones (default: ${DEFAULT-VALUE}).")
  int limit = 100;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (SessionClient client = router.client()) {
      String path = "/" + SessionClient.encoded(session) + "/transcript?limit=" + limit;
      JsonNode turns = client.json(client.request(path).GET());
      if (router.json) {
        out.println(turns);
      } else {
        print(turns, out);
      }
    }
    out.flush();
    return 0;
  }

  private static void print(JsonNode turns, PrintWriter out) {
    if (turns.path("has_more").asBoolean()) {
      out.println("(older turns are left out)");
    }
    if (!turns.path("complete").asBoolean()) {
      out.println("(what came before was not kept)");
    }
    for (JsonNode turn : turns.path("data")) {
      out.println("--- turn " + turn.path("turn").asText());
      for (JsonNode message : turn.path("messages")) {
        out.println(message.path("role").asText() + ": " + message.path("content").asText());
      }
      if (turn.path("prompt").isTextual()) {
        out.print(turn.path("prompt").textValue());
      } else if (!turn.path("text").asText().isEmpty()) {
        out.print("assistant:");
      }
      out.println(turn.path("text").asText());
    }
  }
}
