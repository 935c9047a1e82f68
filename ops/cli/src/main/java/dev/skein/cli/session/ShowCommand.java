package dev.skein.cli.session;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein session show}. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Show where a session stands, what it has read, and who owns its shard.")
final class ShowCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin RouterAddress router;

  @Parameters(paramLabel = "SESSION", description = "Its name.")
  String session = "";

  @Override
  public Integer call() {
    try (SessionClient client = router.client()) {
      router.show(
          client.json(client.request("/" + SessionClient.encoded(session)).GET()),
          spec.commandLine().getOut());
    }
    return 0;
  }
}
