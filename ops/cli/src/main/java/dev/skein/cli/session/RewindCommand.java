package dev.skein.cli.session;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein session rewind}. */
@Command(
    name = "rewind",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Let a session go on from the end of an earlier turn, as if what came after had not been said.",
      "Turn numbers are never used again."
    })
final class RewindCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin RouterAddress router;

  @Parameters(index = "0", paramLabel = "SESSION", description = "Its name.")
  String session = "";

  @Parameters(index = "1", paramLabel = "TURN", description = "The turn to go on from.")
  int turn;

  @Override
  public Integer call() {
    try (SessionClient client = router.client()) {
      router.show(
          client.json(
              client
                  .request("/" + SessionClient.encoded(session) + "/rewind")
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString("{\"turn\":" + turn + "}"))),
          spec.commandLine().getOut());
    }
    return 0;
  }
}
