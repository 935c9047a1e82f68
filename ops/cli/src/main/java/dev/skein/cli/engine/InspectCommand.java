package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.ModelConfig;
import dev.skein.model.ModelSource;
import dev.skein.model.Quantization;
import dev.skein.model.StateLayout;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.file.ModelFile;
import dev.skein.model.packed.Outline;
import dev.skein.model.packed.SkeinFile;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein model inspect}: what a model file or folder is. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Read the headers of a model and tell what it is, however large it is.",
      "",
      "FILE is a file of weights in any known format, or a folder: of Hugging Face, of Skein, or"
          + " with one file of weights."
    })
final class InspectCommand implements Callable<Integer> {
  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "Weights file or model folder. Absent: the bundled demo model.")
  @Nullable String file;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "Vocabulary file; absent: the model's own, or one beside it.")
  @Nullable Path tokenizer;

  @Option(
      names = "--fingerprint",
      description = "Tell the model fingerprint too: reads all weights (a .skein file states it).")
  boolean fingerprint;

  @Option(names = "--json", description = "Print one JSON line.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    ModelOptions options = new ModelOptions();
    options.model = file;
    options.tokenizer = tokenizer;
    Path path = options.path(err);
    ObjectNode facts = JsonNodeFactory.instance.objectNode();
    facts.put("path", path.toString());
    List<Path> files = ModelBundle.find(path).files();
    try (ModelSource source = ModelSource.open(path, options.options(Quantization.INT8))) {
      Outline outline = Outline.of(source);
      describeFiles(facts, source.weights(), files, outline);
      describe(facts, source, outline);
    }
    print(facts);
    return 0;
  }

  private static void describeFiles(
      ObjectNode facts, ModelFile weights, List<Path> files, Outline outline) throws IOException {
    facts.put("format", weights.format());
    facts.put("dialect", weights.dialect());
    facts.put("files", files.size());
    facts.put("file_bytes", bytes(files));
    facts.put("tensors", outline.tensors());
    facts.put("parameters", outline.parameters());
    facts.put("dtype", String.join("+", weights.storedTypes()));
  }

  private static long bytes(List<Path> files) throws IOException {
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  private void describe(ObjectNode facts, ModelSource source, Outline outline) throws IOException {
    ModelConfig config = outline.config();
    facts.put("name", source.name());
    facts.put("architecture", config.architecture().title());
    facts.put("layers", config.layers());
    facts.put("width", config.width());
    facts.put("heads", config.heads());
    facts.put("head_size", config.headSize());
    facts.put("ffn_width", config.ffnWidth());
    facts.put("vocabulary", config.vocabulary());
    facts.put("context_trained", source.contextTrained());
    facts.put("state_bytes", StateLayout.of(config).bytes());
    facts.put("matrix_bytes_" + source.quantization().title(), outline.matrixBytes());
    Tokenizer found = source.tokenizer();
    facts.put("tokenizer", found == null ? null : found.name());
    facts.put("tokenizer_sha256", found == null ? null : found.digest());
    if (fingerprint || source.weights() instanceof SkeinFile) {
      facts.put("fingerprint", source.fingerprint(config));
    }
  }

  private void print(ObjectNode facts) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Json.print(out, facts);
      return;
    }
    facts
        .properties()
        .forEach(fact -> {
          String value = fact.getValue().isNull() ? "none found" : fact.getValue().asText();
          out.printf("%-20s %s%n", fact.getKey().replace('_', ' '), value);
        });
    out.flush();
  }
}
