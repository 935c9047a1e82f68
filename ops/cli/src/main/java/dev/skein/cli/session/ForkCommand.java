package dev.skein.cli.session;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein session fork}. */
@Command(
    name = "fork",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Make a new session that remembers what another one does, and goes its own way.")
final class ForkCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin RouterAddress router;

  @Parameters(index = "0", paramLabel = "SESSION", description = "The session to fork.")
  String session = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NEW",
      description = "Name of the new one (default: the router finds one).")
  @Nullable String child;

  @Option(
      names = "--turn",
      paramLabel = "N",
      description = "Fork at the end of this turn (default: the newest).")
  @Nullable Integer turn;

  @Override
  public Integer call() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    if (child != null) {
      body.put("session", child);
    }
    if (turn != null) {
      body.put("turn", turn);
    }
    try (SessionClient client = router.client()) {
      router.show(
          client.json(
              client
                  .request("/" + SessionClient.encoded(session) + "/fork")
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString(body.toString()))),
          spec.commandLine().getOut());
    }
    return 0;
  }
}
