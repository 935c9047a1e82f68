package dev.skein.cli.models;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.cache.CacheJson;
import dev.skein.cli.cache.Surroundings;
import dev.skein.cli.catalogue.CatalogueEntry;
import dev.skein.cli.catalogue.Machine;
import dev.skein.cli.catalogue.Suggestions;
import dev.skein.cli.web.Sizes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code skein model suggest}: what this machine can run. */
@Command(
    name = "suggest",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Say which models run on this machine as int8, and how fast, from its free memory, its cores"
          + " and how fast they read memory (measured for a moment). Speeds are estimates; 'skein"
          + " bench decode' measures."
    })
public final class SuggestCommand implements Callable<Integer> {
  private static final String SERIES = "g1:";

  private final Surroundings around;

  @Spec CommandSpec spec;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Memory instead of what is free, such as 8GB.")
  @Nullable Long memory;

  @Option(
      names = "--bandwidth",
      paramLabel = "SIZE",
      converter = Size.class,
      description = "Bytes read a second instead of measuring them, such as 20GB.")
  @Nullable Long bandwidth;

  @Option(names = "--all", description = "All published models, not only the newest series.")
  boolean all;

  @Option(names = "--json", description = "Print one JSON line.")
  boolean json;

  public SuggestCommand() {
    this(Surroundings.ofProcess());
  }

  SuggestCommand(Surroundings around) {
    this.around = around;
  }

  static final class Size implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      String units = "kmgt";
      String lower = text.strip().toLowerCase(Locale.ROOT);
      if (!lower.matches("[0-9]{1,12}(\\.[0-9]{1,3})? ?[kmgt]?b?")) {
        throw new TypeConversionException("'" + text + "' is no size: write it like 8GB or 500MB");
      }
      String number = lower.replaceAll("[^0-9.]", "");
      String unit = lower.replaceAll("[^kmgt]", "");
      return (long)
          (Double.parseDouble(number)
              * Math.pow(1000, unit.isEmpty() ? 0 : units.indexOf(unit) + 1));
    }
  }

  @Override
  public Integer call() throws IOException {
    int cores = Runtime.getRuntime().availableProcessors();
    Machine machine =
        new Machine(
            memory == null ? Machine.availableMemory() : memory,
            cores,
            bandwidth == null ? Machine.measureBandwidth(cores) : bandwidth);
    List<CatalogueEntry> entries =
        around.catalogue().entries().stream()
            .filter(entry -> all || entry.name().startsWith(SERIES))
            .toList();
    Suggestions suggestions = Suggestions.of(entries, machine);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(CacheJson.line(facts(machine, suggestions)));
    } else {
      print(out, machine, suggestions);
    }
    out.flush();
    return 0;
  }

  private static void print(PrintWriter out, Machine machine, Suggestions suggestions) {
    out.printf(
        "%s of memory free, %d cores that read %s/s%n",
        Sizes.of(machine.memory()), machine.cores(), Sizes.of((long) machine.bandwidth()));
    out.printf("%-12s %10s %10s %12s%n", "NAME", "DOWNLOAD", "NEEDS", "TOKENS/S");
    for (Suggestions.Row row : suggestions.rows()) {
      out.printf(
          "%-12s %10s %10s %12s%n",
          row.entry().name(),
          Sizes.of(row.entry().download()),
          Sizes.of(row.needs()),
          row.fits() ? "about " + speed(row.tokensPerSecond()) : "too large");
    }
    out.println(
        suggestions
            .best()
            .map(best ->
                "recommended: "
                    + best.entry().name()
                    + " (./skein chat --model "
                    + best.entry().name()
                    + ")")
            .orElse("no published model fits into this memory; the bundled demo model does"));
  }

  private static String speed(double tokensPerSecond) {
    return String.format(Locale.ROOT, tokensPerSecond < 9.5 ? "%.1f" : "%.0f", tokensPerSecond);
  }

  private static ObjectNode facts(Machine machine, Suggestions suggestions) {
    ObjectNode facts = CacheJson.object();
    facts.put("memory_bytes", machine.memory());
    facts.put("cores", machine.cores());
    facts.put("read_bytes_per_second", Math.round(machine.bandwidth()));
    ArrayNode models = facts.putArray("models");
    for (Suggestions.Row row : suggestions.rows()) {
      models
          .addObject()
          .put("name", row.entry().name())
          .put("download_bytes", row.entry().download())
          .put("memory_bytes", row.needs())
          .put("fits", row.fits())
          .put("tokens_per_second_estimated", Math.round(row.tokensPerSecond() * 10) / 10.0);
    }
    facts.put("recommended", suggestions.best().map(best -> best.entry().name()).orElse(null));
    return facts;
  }
}
