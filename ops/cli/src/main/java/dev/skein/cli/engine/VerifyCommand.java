package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.Quantization;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.packed.Verification;
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

/** {@code skein model verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Read the whole of a model and say whether it is sound.",
      "A .skein file: every checksum. Any other: that every value is finite. Both: that it is a complete"
          + " model. Exit 1 and the tensor's name if it is not."
    })
final class VerifyCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description = "Model file or folder. Absent: the bundled demo model.")
  @Nullable String model;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "Vocabulary file; absent: the one beside the weights.")
  @Nullable Path tokenizer;

  @Option(names = "--json", description = "Print one JSON line, of a fault too.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    ModelOptions options = new ModelOptions();
    options.model = model;
    options.tokenizer = tokenizer;
    Path path = options.path(err);
    try (LoadBar bar = new LoadBar(err, "verifying", String.valueOf(path.getFileName()))) {
      print(path, Verification.of(path, options.options(Quantization.INT8), bar));
      return 0;
    } catch (ModelFormatException e) {
      if (json) {
        ObjectNode line = line(path, false);
        Json.print(spec.commandLine().getOut(), line.put("fault", e.getMessage()));
      }
      throw e;
    }
  }

  private static ObjectNode line(Path path, boolean sound) {
    return JsonNodeFactory.instance.objectNode().put("path", path.toString()).put("ok", sound);
  }

  private void print(Path path, Verification result) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    String architecture = result.config().architecture().title();
    if (json) {
      ObjectNode line = line(path, true);
      line.put("format", result.format());
      line.put("architecture", architecture);
      line.put("tensors", result.tensors());
      line.put("parameters", result.parameters());
      line.put("fingerprint", result.fingerprint());
      Json.print(out, line);
      return;
    }
    out.printf(
        "ok: %s, %s, %d tensors, %d parameters%nfingerprint %s%n",
        architecture, result.format(), result.tensors(), result.parameters(), result.fingerprint());
    out.flush();
  }
}
