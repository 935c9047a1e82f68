package dev.skein.cli.models;

import dev.skein.cli.cache.Surroundings;
import dev.skein.cli.web.Sizes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein model remove}: deletes a model of the cache. */
@Command(
    name = "remove",
    mixinStandardHelpOptions = true,
    description = "Delete a model, or what an unfinished download left of one, from the cache.")
public final class RemoveCommand implements Callable<Integer> {
  private final Surroundings around;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "NAME", description = "Name of a model that is on this machine.")
  String name = "";

  public RemoveCommand() {
    this(Surroundings.ofProcess());
  }

  RemoveCommand(Surroundings around) {
    this.around = around;
  }

  @Override
  public Integer call() throws IOException {
    long bytes = around.cache().remove(name);
    PrintWriter out = spec.commandLine().getOut();
    out.println("removed " + name + " (" + Sizes.of(bytes) + ")");
    out.flush();
    return 0;
  }
}
