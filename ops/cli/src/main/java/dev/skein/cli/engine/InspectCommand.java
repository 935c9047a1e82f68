package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import dev.skein.model.ModelConfig;
import dev.skein.model.Quantization;
import dev.skein.model.bundle.ModelBundle;
import dev.skein.model.file.ModelFile;
import dev.skein.model.file.Tensor;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
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
    description = "Read a model and tell what it is.")
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
      description = "Vocabulary file; absent: the one beside the weights.")
  @Nullable Path tokenizer;

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
    describeFile(facts, ModelBundle.find(path).weights());
    try (LoadBar bar = new LoadBar(err, String.valueOf(path.getFileName()));
        Model model = open(path, options, bar)) {
      describe(facts, model);
    }
    print(facts);
    return 0;
  }

  private static Model open(Path path, ModelOptions options, LoadProgress progress)
      throws IOException {
    return Model.open(path, options.options(Quantization.INT8), progress);
  }

  private static void describeFile(ObjectNode facts, Path weights) throws IOException {
    long parameters = 0;
    Set<String> types = new TreeSet<>();
    try (ModelFile file = ModelFile.open(weights)) {
      for (String name : file.names()) {
        Tensor tensor = file.require(name);
        parameters += tensor.elements();
        types.add(tensor.type().name().toLowerCase(Locale.ROOT));
      }
      facts.put("format", file.format());
      facts.put("file_bytes", Files.size(weights));
      facts.put("tensors", file.names().size());
    }
    facts.put("parameters", parameters);
    facts.put("dtype", String.join("+", types));
  }

  private static void describe(ObjectNode facts, Model model) {
    ModelConfig config = model.rwkv().config();
    facts.put("name", model.name());
    facts.put("architecture", config.architecture().title());
    facts.put("layers", config.layers());
    facts.put("width", config.width());
    facts.put("heads", config.heads());
    facts.put("head_size", config.headSize());
    facts.put("ffn_width", config.ffnWidth());
    facts.put("vocabulary", config.vocabulary());
    facts.put("context_trained", model.contextTrained());
    facts.put("state_bytes", model.rwkv().stateLayout().bytes());
    facts.put("bytes_per_step_int8", model.rwkv().bytesPerStep());
    Tokenizer tokenizer = model.tokenizerOrNull();
    facts.put("tokenizer", tokenizer == null ? null : tokenizer.name());
    facts.put("tokenizer_sha256", tokenizer == null ? null : tokenizer.digest());
    facts.put("fingerprint", model.modelFingerprint());
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
