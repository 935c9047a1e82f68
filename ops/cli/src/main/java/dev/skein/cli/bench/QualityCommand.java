package dev.skein.cli.bench;

import dev.skein.bench.HeldOutText;
import dev.skein.bench.OutlierWeights;
import dev.skein.bench.OwnPredictions;
import dev.skein.bench.Predictions;
import dev.skein.bench.QualityBench;
import dev.skein.bench.QualityReport;
import dev.skein.bench.peer.LlamaCppFolder;
import dev.skein.bench.peer.LlamaPredictions;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.kernels.Kernels;
import dev.skein.kernels.WorkerPool;
import dev.skein.model.LoadProgress;
import dev.skein.model.ModelSource;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import dev.skein.model.file.ModelFile;
import dev.skein.model.random.RandomWeights;
import dev.skein.model.sampling.CounterRandom;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein bench quality}. */
@Command(
    name = "quality",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "What each quantisation costs, against the same model in fp32: perplexity, KL divergence and how"
          + " often both find the same token likeliest.",
      "Reads a held-out text of its own, or --text; --quant takes one quantisation only."
    })
final class QualityCommand implements Callable<Integer> {
  private static final RandomWeights.Shape RANDOM =
      new RandomWeights.Shape(6, 512, 64, 2048, 4096, 32, 32, 32, 64);

  /** The first one tells whether both compute the same model. */
  private static final List<String> LLAMA_FORMS = List.of("f32", "q8_0", "q4_0");

  private static final int SESSIONS = 16;
  private static final int SESSION_TOKENS = 130;

  @Spec CommandSpec spec;
  @Mixin ModelOptions model;
  @Mixin PeerOptions peer;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "A text to read instead; every paragraph begins a session.")
  @Nullable Path text;

  @Option(
      names = "--outliers",
      paramLabel = "FACTOR",
      description =
          "Plant outliers in the activations, so many times as large, that fp32 does not notice"
              + " (RWKV-7 only). Without --model: in random weights, which read random tokens.")
  @Nullable Float outliers;

  @Option(names = "--json", description = "Print a JSON line for each quantisation.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    if (outliers != null && !(outliers >= 1 && outliers <= 1000)) {
      throw new ParameterException(spec.commandLine(), "--outliers must be between 1 and 1000");
    }
    LlamaCppFolder llama = peer.wanted() ? peer.folder() : null;
    try (WorkerPool workers = new WorkerPool(model.threads())) {
      if (outliers != null && !model.isGiven()) {
        compare(
            new Compared("random", RandomWeights.of(RANDOM, 1), model.groupNormEps()),
            randomTexts(),
            workers,
            llama);
        return 0;
      }
      Path path = model.path(spec.commandLine().getErr());
      try (ModelSource source = ModelSource.open(path, model.options(Quantization.FP32))) {
        if (source.tokenizer() == null) {
          throw new IllegalArgumentException(
              path + ": the model has no vocabulary, and this bench reads text");
        }
        List<int[]> texts =
            text == null
                ? HeldOutText.tokens(source.tokenizer())
                : HeldOutText.tokens(source.tokenizer(), Files.readString(text));
        if (texts.isEmpty()) {
          throw new IllegalArgumentException(text + " holds no text");
        }
        Compared compared = new Compared(source.name(), source.weights(), source.groupNormEps());
        compare(compared, texts, workers, llama);
      }
    }
    return 0;
  }

  /** A model in fp32. */
  private record Compared(String name, ModelFile weights, float groupNormEps) {}

  private void compare(
      Compared model, List<int[]> texts, WorkerPool workers, @Nullable LlamaCppFolder llama)
      throws IOException {
    ModelFile weights =
        outliers == null ? model.weights : new OutlierWeights(model.weights, outliers);
    String subject = outliers == null ? model.name : model.name + "+outliers" + outliers.intValue();
    Quantization only = this.model.quantization();
    List<Quantization> quantizations =
        only == null ? List.of(Quantization.values()) : List.of(only);
    try (Rwkv exact = load(weights, Quantization.FP32, model.groupNormEps, workers)) {
      for (Quantization q : quantizations) {
        try (Rwkv rounded = load(weights, q, model.groupNormEps, workers);
            Predictions ours = new OwnPredictions(rounded, texts)) {
          print(subject, exact, ours, texts);
        }
      }
      if (llama == null) {
        return;
      }
      for (String form : LLAMA_FORMS) {
        try (Predictions theirs =
            new LlamaPredictions(llama, weights, form, texts, this.model.threads())) {
          print(subject, exact, theirs, texts);
        }
      }
    }
  }

  private void print(String subject, Rwkv exact, Predictions other, List<int[]> texts)
      throws IOException {
    try (Predictions ours = new OwnPredictions(exact, texts)) {
      print(new QualityBench(ours, other).run(subject, texts));
    }
  }

  private Rwkv load(ModelFile file, Quantization q, float eps, WorkerPool workers)
      throws IOException {
    return Rwkv.load(file, q, Kernels.named(model.backend()), workers, eps, LoadProgress.NONE);
  }

  private static List<int[]> randomTexts() {
    List<int[]> texts = new ArrayList<>();
    for (int s = 0; s < SESSIONS; s++) {
      int[] tokens = new int[SESSION_TOKENS];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = 1 + (int) (CounterRandom.uniform(1, s, 0, i) * (RANDOM.vocabulary() - 1));
      }
      texts.add(tokens);
    }
    return texts;
  }

  private void print(QualityReport report) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Json.print(out, report.toJson());
      return;
    }
    out.printf(
        "%-22s %-14s %5d tokens  perplexity %8.3f (fp32 %8.3f)  KL %9.2e (max %8.1e)  top-1 %6.2f %%"
            + "  %7.1f MB a step%n",
        report.subject(),
        report.quant(),
        report.tokens(),
        report.perplexity(),
        report.perplexityExact(),
        report.divergence(),
        report.divergenceMax(),
        100 * report.agreement(),
        report.bytesPerStep() / 1e6);
    out.flush();
  }
}
