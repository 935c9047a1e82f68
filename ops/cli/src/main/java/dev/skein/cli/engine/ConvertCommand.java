package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.CommandFailure;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.ModelConfig;
import dev.skein.model.ModelSource;
import dev.skein.model.Quantization;
import dev.skein.model.adapter.Adapter;
import dev.skein.model.file.DataType;
import dev.skein.model.packed.Conversion;
import dev.skein.model.packed.SafetensorsWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skein model convert}. */
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Write a model as one file of Skein's own (.skein): packed, quantised, with its vocabulary and chat"
          + " template, mapped when it is opened.",
      "The file is the same model: it continues the sessions of the original with the same --quant.",
      "A FILE that ends with .safetensors, or --to safetensors: BlinkDL's tensor names, for other"
          + " programs."
    })
final class ConvertCommand implements Callable<Integer> {
  /** What may be written. */
  enum Format {
    SKEIN,
    SAFETENSORS
  }

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description = "Weights file or model folder. Absent: the bundled demo model.")
  @Nullable String model;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "The file to write.")
  Path out = Path.of("");

  @Option(
      names = "--quant",
      paramLabel = "Q",
      converter = ModelOptions.QuantizationConverter.class,
      description =
          "fp32, bf16, fp16, int8 (default) or int4; with --to safetensors fp32, bf16 or fp16, absent:"
              + " as stored.")
  @Nullable Quantization quantization;

  @Option(
      names = "--to",
      paramLabel = "FORMAT",
      description = "skein or safetensors (default: as FILE ends, else skein).")
  @Nullable Format to;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "Vocabulary file to put in; absent: the one beside the weights.")
  @Nullable Path tokenizer;

  @Option(
      names = "--lora",
      paramLabel = "FILE[:ALPHA]",
      converter = ModelOptions.AdapterConverter.class,
      description = "Adapter to merge into the weights.")
  @Nullable Adapter lora;

  @Option(
      names = "--group-norm-eps",
      paramLabel = "E",
      description = "Epsilon of the group norm in the time mix (default: 64e-5).")
  float groupNormEps = ModelConfig.GROUP_NORM_EPS;

  @Option(names = "--force", description = "Replace the file if it exists.")
  boolean force;

  @Option(names = "--json", description = "Print one JSON line.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    Format format = format();
    DataType type = type(format);
    ModelOptions options = new ModelOptions();
    options.model = model;
    options.tokenizer = tokenizer;
    options.lora = lora;
    options.groupNormEps = groupNormEps;
    Path path = options.path(err);
    requireFree(path);
    Quantization q = quantization == null ? Quantization.INT8 : quantization;
    long began = System.nanoTime();
    try (ModelSource source = ModelSource.open(path, options.options(q));
        WorkerPool workers = new WorkerPool(options.threads());
        LoadBar bar = new LoadBar(err, "converting", String.valueOf(path.getFileName()))) {
      if (format == Format.SKEIN) {
        new Conversion(source, q).write(out, workers, bar);
      } else {
        new SafetensorsWriter(source.weights(), type).write(out, bar);
      }
      if (format == Format.SKEIN && source.tokenizer() == null) {
        err.println(
            "no vocabulary found: the file holds none; give --tokenizer FILE to put one in");
      }
    }
    print(format, q, type, (System.nanoTime() - began) / 1_000_000);
    return 0;
  }

  private Format format() {
    if (to != null) {
      return to;
    }
    boolean named = out.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors");
    return named ? Format.SAFETENSORS : Format.SKEIN;
  }

  private @Nullable DataType type(Format format) {
    if (format == Format.SKEIN || quantization == null) {
      return null;
    }
    return switch (quantization) {
      case FP32 -> DataType.F32;
      case FP16 -> DataType.F16;
      case BF16 -> DataType.BF16;
      case INT8, INT4 ->
          throw new ParameterException(
              spec.commandLine(),
              "safetensors hold fp32, bf16 or fp16, not " + quantization.title());
    };
  }

  private void requireFree(Path source) throws IOException {
    if (!Files.exists(out)) {
      return;
    }
    if (Files.isSameFile(source, out) || Files.isDirectory(out)) {
      throw new CommandFailure(out + " is the model itself or a folder; name another --out FILE");
    }
    if (!force) {
      throw new CommandFailure(out + " exists; --force replaces it");
    }
  }

  private void print(Format format, Quantization q, @Nullable DataType type, long millis)
      throws IOException {
    String held = format == Format.SKEIN ? q.title() : type == null ? "as stored" : type.name();
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("path", out.toString());
    line.put("format", format == Format.SKEIN ? "skein" : "safetensors");
    line.put("weights", held);
    line.put("bytes", Files.size(out));
    line.put("millis", millis);
    PrintWriter printer = spec.commandLine().getOut();
    if (json) {
      Json.print(printer, line);
    } else {
      printer.printf(
          "wrote %s: %s, %.1f MB, %.1f s%n", out, held, Files.size(out) / 1e6, millis / 1e3);
      printer.flush();
    }
  }
}
