package dev.skein.cli.session;

import dev.skein.cli.CommandFailure;
import java.io.FileNotFoundException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein session import}. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Make a session out of an exported one. The model must be the one that made it.")
final class ImportCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin RouterAddress router;

  @Parameters(index = "0", paramLabel = "FILE", description = "What 'skein session export' wrote.")
  Path file = Path.of("");

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "SESSION",
      description = "Its name here (default: the one that it had).")
  @Nullable String session;

  @Override
  public Integer call() {
    String name = session == null ? "" : "?session=" + SessionClient.encoded(session);
    try (SessionClient client = router.client()) {
      router.show(
          client.json(
              client
                  .request("/import" + name)
                  .header("Content-Type", "application/octet-stream")
                  .POST(BodyPublishers.ofFile(file))),
          spec.commandLine().getOut());
    } catch (FileNotFoundException e) {
      throw new CommandFailure("there is no file " + file, e);
    }
    return 0;
  }
}
