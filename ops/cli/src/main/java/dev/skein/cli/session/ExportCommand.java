package dev.skein.cli.session;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.web.Sizes;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein session export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Write a session into a file: its state and where it stands, with a checksum.",
      "Any Skein that serves the same model takes it in with 'skein session import'."
    })
final class ExportCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin RouterAddress router;

  @Parameters(index = "0", paramLabel = "SESSION", description = "Its name.")
  String session = "";

  @Parameters(index = "1", paramLabel = "FILE", description = "Where to; replaced if it exists.")
  Path file = Path.of("");

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (SessionClient client = router.client();
        InputStream body =
            client.body(client.request("/" + SessionClient.encoded(session) + "/export").GET())) {
      long bytes = Files.copy(body, part, StandardCopyOption.REPLACE_EXISTING);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      out.println(
          router.json ? "{\"bytes\":" + bytes + "}" : "wrote " + Sizes.of(bytes) + " to " + file);
    } catch (IOException e) {
      throw new CommandFailure("cannot write " + file + ": " + e.getMessage(), e);
    }
    out.flush();
    return 0;
  }
}
