package dev.skein.cli.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein session delete}. */
@Command(
    name = "delete",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Delete a session: its state, its snapshots and its transcript.")
final class DeleteCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin RouterAddress router;

  @Parameters(paramLabel = "SESSION", description = "Its name.")
  String session = "";

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (SessionClient client = router.client()) {
      JsonNode gone = client.json(client.request("/" + SessionClient.encoded(session)).DELETE());
      out.println(router.json ? gone.toString() : "deleted " + session);
    }
    out.flush();
    return 0;
  }
}
