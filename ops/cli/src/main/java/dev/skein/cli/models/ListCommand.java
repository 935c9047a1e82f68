package dev.skein.cli.models;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.Table;
import dev.skein.cli.cache.CacheJson;
import dev.skein.cli.cache.CachedModel;
import dev.skein.cli.cache.ModelCache;
import dev.skein.cli.cache.Surroundings;
import dev.skein.cli.catalogue.CatalogueEntry;
import dev.skein.cli.web.Sizes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein model list}: the published models and those on this machine. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "List the published models that have short names, and those on this machine.")
public final class ListCommand implements Callable<Integer> {
  private final Surroundings around;

  @Spec CommandSpec spec;

  @Option(names = "--json", description = "Print one JSON line.")
  boolean json;

  public ListCommand() {
    this(Surroundings.ofProcess());
  }

  ListCommand(Surroundings around) {
    this.around = around;
  }

  @Override
  public Integer call() throws IOException {
    ModelCache cache = around.cache();
    Map<String, CachedModel> here = new LinkedHashMap<>();
    cache.all().forEach(model -> here.put(model.name(), model));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(CacheJson.line(facts(cache, here)));
    } else {
      print(out, cache, here);
    }
    out.flush();
    return 0;
  }

  private void print(PrintWriter out, ModelCache cache, Map<String, CachedModel> here) {
    Table table =
        new Table("NAME", "RWKV", "PARAMETERS", "CONTEXT", "LICENCE", "INT8 MEMORY", "HERE");
    for (CatalogueEntry entry : around.catalogue().entries()) {
      CachedModel model = here.remove(entry.name());
      String weights = model == null ? null : model.weights();
      table.add(
          entry.name(),
          entry.version(),
          parameters(entry.parameters()),
          Integer.toString(weights == null ? entry.context() : entry.context(weights)),
          entry.licence(),
          Sizes.of(entry.memoryInt8()),
          model == null ? "" : "yes");
    }
    for (CachedModel model : here.values()) {
      String licence = model.licence();
      table.add(model.name(), "", "", "", licence == null ? "" : licence, "", "yes");
    }
    table.print(out);
    out.println("models on this machine are in " + cache.root());
  }

  /** "451 M", "2.95 B". */
  static String parameters(long count) {
    return count < 1_000_000_000
        ? String.format(Locale.ROOT, "%d M", Math.round(count / 1e6))
        : String.format(Locale.ROOT, count < 10_000_000_000L ? "%.2f B" : "%.1f B", count / 1e9);
  }

  private ObjectNode facts(ModelCache cache, Map<String, CachedModel> here) {
    ObjectNode facts = CacheJson.object();
    facts.put("cache", cache.root().toString());
    ArrayNode models = facts.putArray("models");
    for (CatalogueEntry entry : around.catalogue().entries()) {
      ObjectNode model = models.addObject();
      model.put("name", entry.name());
      model.put("title", entry.title());
      model.put("version", entry.version());
      model.put("repository", entry.repository());
      model.put("parameters", entry.parameters());
      model.put("context_trained", entry.context());
      model.put("licence", entry.licence());
      model.put("memory_int8_bytes", entry.memoryInt8());
      model.put("download_bytes", entry.download());
      model.put("tokenizer", entry.vocabulary().name());
      model.set("chat_template", entry.template());
      model.set("sampling", entry.sampling());
      describe(model, here.remove(entry.name()));
    }
    for (CachedModel other : here.values()) {
      ObjectNode model = models.addObject();
      model.put("name", other.name());
      model.put("licence", other.licence());
      describe(model, other);
    }
    return facts;
  }

  private static void describe(ObjectNode to, @Nullable CachedModel model) {
    to.put("downloaded", model != null);
    if (model != null) {
      to.put("path", model.folder().toString());
      to.put("file", model.weights());
      to.put("file_bytes", model.bytes());
      to.put("sha256", model.sha256());
      to.put("origin", model.origin());
    }
  }
}
