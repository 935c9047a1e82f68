package dev.skein.cli.models;

import dev.skein.cli.Terminals;
import dev.skein.cli.cache.ModelImport;
import dev.skein.cli.cache.Notes;
import dev.skein.cli.cache.Surroundings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein model import}: takes a file or folder of this machine into the cache. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Take weights, a model folder or a vocabulary of this machine into the cache.",
      "A file that is called like a published one becomes that model: so models get onto a machine"
          + " without a network."
    })
public final class ImportCommand implements Callable<Integer> {
  private final Surroundings around;

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "Weights file, model folder or vocabulary.")
  Path file = Path.of("");

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name to find it by (default: that of the published model, or of the file).")
  @Nullable String name;

  @Option(
      names = "--like",
      paramLabel = "MODEL",
      description =
          "The published model whose vocabulary, chat template and sampling hold for it, such as"
              + " raven4:3b for a fine-tuned Raven.")
  @Nullable String like;

  @Option(names = "--link", description = "Link to the file instead of copying it.")
  boolean link;

  @Option(names = "--offline", description = "Do not use the network, not even for the vocabulary.")
  boolean offline;

  public ImportCommand() {
    this(Surroundings.ofProcess());
  }

  ImportCommand(Surroundings around) {
    this.around = around;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    ModelImport imports =
        new ModelImport(around, new Notes(spec.commandLine().getErr(), Terminals.err()));
    ModelImport.Taken taken = imports.take(new ModelImport.Order(file, name, like, link, offline));
    boolean vocabulary = taken.name().startsWith("vocabulary:");
    out.println(taken.place() + (vocabulary ? "" : "  (use it with --model " + taken.name() + ")"));
    out.flush();
    return 0;
  }
}
