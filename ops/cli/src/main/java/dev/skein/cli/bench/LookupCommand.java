package dev.skein.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.lookup.DrawnStories;
import dev.skein.bench.lookup.LookupBench;
import dev.skein.cli.engine.LoadOptions;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.model.Model;
import dev.skein.model.Quantization;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein bench lookup}: whether drafts from the session's own words would pay. */
@Command(
    name = "lookup",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "What prompt lookup (drafts copied from earlier in the session) would gain with one session:",
      "the cost of steps of 1 to 8 tokens is measured, and stories of the demo model are replayed",
      "with drafts of every length at that cost."
    })
final class LookupCommand implements Callable<Integer> {
  @Spec CommandSpec spec;
  @Mixin LoadOptions model;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "Run at least so long before measuring (default: ${DEFAULT-VALUE}).")
  int warmUpSeconds;

  @Option(names = "--json", description = "Print each line as JSON.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    List<LookupBench.Drawn> stories;
    try (Model teller = new ModelOptions().openModel(spec.commandLine().getErr())) {
      stories = DrawnStories.of(teller);
    }
    Lines lines = new Lines(spec.commandLine().getOut(), json);
    try (LoadedModel loaded = model.open(spec.commandLine(), Quantization.INT8)) {
      lines.begin();
      LookupBench bench = new LookupBench(loaded.subject(model.threads()));
      for (ObjectNode line : bench.run(stories, warmUpSeconds)) {
        if (json) {
          lines.plain(line);
        } else {
          print(line);
        }
      }
    }
    return 0;
  }

  private void print(ObjectNode line) {
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "step of %d: %6.2f ms; drafts of up to %d: %5.1f %% right, %.2f tokens a step, %.2f"
                + " times as fast%n",
            line.path("draft_tokens").asInt() + 1,
            line.path("ms_step").asDouble(),
            line.path("draft_tokens").asInt(),
            line.path("accepted_percent").asDouble(),
            line.path("tokens_per_step").asDouble(),
            line.path("speedup").asDouble());
    spec.commandLine().getOut().flush();
  }
}
