package dev.skein.cli.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.skein.cli.hub.RemoteFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The published models that have short names.
 *
 * @param hub root of the hub that has them
 * @param modelScope root of the hub of {@code ms://} addresses
 * @param vocabularies by name
 * @param entries the best series first, each from small to large
 */
public record Catalogue(
    URI hub, URI modelScope, Map<String, Vocabulary> vocabularies, List<CatalogueEntry> entries) {
  private static final Catalogue STANDARD = read("catalogue.json");
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9.]*:[a-z0-9.]+");

  public Catalogue {
    vocabularies = Map.copyOf(vocabularies);
    entries = List.copyOf(entries);
  }

  /** The one that comes with Skein. */
  public static Catalogue standard() {
    return STANDARD;
  }

  /** The same of hubs elsewhere. */
  public Catalogue at(URI otherHub) {
    return new Catalogue(otherHub, otherHub, vocabularies, entries);
  }

  /** Whether a text has the form of a short name. */
  public static boolean looksLikeName(String text) {
    return NAME.matcher(text).matches();
  }

  /** The model of a short name, or null. */
  public @Nullable CatalogueEntry find(String name) {
    return entries.stream().filter(entry -> entry.name().equals(name)).findFirst().orElse(null);
  }

  /** The model that a file is, going by its name and perhaps the repository that it lies in. */
  public Optional<CatalogueEntry> ofFile(String file, @Nullable String repository) {
    return entries.stream()
        .filter(entry -> entry.matches(file))
        .filter(entry -> repository == null || repository.equals(entry.repository()))
        .findFirst();
  }

  /** A sentence for a name that does not exist. */
  public String unknown(String name) {
    String series = name.substring(0, Math.max(0, name.indexOf(':') + 1));
    List<String> near =
        entries.stream().map(CatalogueEntry::name).filter(n -> n.startsWith(series)).toList();
    return "there is no model '"
        + name
        + "'; "
        + (series.isEmpty() || near.isEmpty()
            ? "see: skein model list"
            : "there are " + String.join(", ", near));
  }

  private static Catalogue read(String resource) {
    try (InputStream in = Catalogue.class.getResourceAsStream(resource)) {
      return new Reader(new ObjectMapper().readTree(in)).catalogue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Turns the resource into records; a mistake in it is a programmer's. */
  private static final class Reader {
    private final JsonNode root;
    private final Map<String, Vocabulary> vocabularies = new LinkedHashMap<>();

    Reader(JsonNode root) {
      this.root = root;
    }

    Catalogue catalogue() {
      root.required("vocabularies")
          .properties()
          .forEach(v -> vocabularies.put(v.getKey(), vocabulary(v.getKey(), v.getValue())));
      List<CatalogueEntry> entries = new ArrayList<>();
      for (JsonNode series : root.required("series")) {
        for (JsonNode model : series.required("models")) {
          entries.add(entry(series, model));
        }
      }
      return new Catalogue(uri("hub"), uri("modelscope"), vocabularies, entries);
    }

    private URI uri(String field) {
      return URI.create(root.required(field).textValue());
    }

    private static Vocabulary vocabulary(String name, JsonNode node) {
      List<String> sources = new ArrayList<>();
      node.required("sources").forEach(source -> sources.add(source.textValue()));
      return new Vocabulary(
          name,
          node.required("type").textValue(),
          node.required("file").textValue(),
          node.required("bytes").longValue(),
          node.required("sha256").textValue(),
          List.copyOf(sources));
    }

    private CatalogueEntry entry(JsonNode series, JsonNode model) {
      JsonNode pinned = model.required("pinned");
      Vocabulary vocabulary = vocabularies.get(series.required("tokenizer").textValue());
      if (vocabulary == null) {
        throw new IllegalStateException("the catalogue names a tokenizer that it lacks");
      }
      JsonNode repository =
          model.has("repository") ? model.required("repository") : series.required("repository");
      return new CatalogueEntry(
          series.required("name").textValue() + ":" + model.required("size").textValue(),
          series.required("title").textValue(),
          series.required("version").textValue(),
          repository.textValue(),
          Pattern.compile(model.required("pattern").textValue()),
          new RemoteFile(
              pinned.required("file").textValue(),
              pinned.path("bytes").longValue(),
              pinned.path("sha256").textValue()),
          series.required("licence").textValue(),
          vocabulary,
          root.required("templates").required(series.required("template").textValue()),
          root.required("samplers").required(series.required("sampler").textValue()),
          model.required("parameters").longValue(),
          model.required("embedding").longValue(),
          model.required("context").intValue());
    }
  }
}
