package dev.skein.model.dialect;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tensor names, shapes and transforms of a kind of files, as a table. Tensors that no rule
 * names keep their names: whoever takes the weights complains of those that have no place.
 *
 * @param title for people: "GGUF rwkv6"
 * @param rules several may have the same source, or (for the spellings of different times) the same
 *     target
 */
record Dialect(String title, List<Rule> rules) {
  private static final String LAYER = "{i}";
  private static final Pattern NUMBER = Pattern.compile("(?<=\\.)(0|[1-9][0-9]{0,4})(?=\\.)");

  Dialect {
    rules = List.copyOf(rules);
  }

  /** The same dialect with another rule at that place: what a test of the rules takes. */
  Dialect with(int index, Rule rule) {
    List<Rule> changed = new ArrayList<>(rules);
    changed.set(index, rule);
    return new Dialect(title, changed);
  }

  /**
   * A file seen under BlinkDL's names and shapes; closing it closes {@code source}.
   *
   * @throws ModelFormatException if two tensors would have the same name, or one has a shape that
   *     its rule does not take
   */
  ModelFile translate(ModelFile source) throws ModelFormatException {
    return new TranslatedModelFile(source, title, tensors(source));
  }

  /** The target of a rule that only gives that tensor another name, or null. */
  @Nullable String plainName(String name) {
    Matcher number = NUMBER.matcher(name);
    String layer = number.find() ? number.group() : "";
    for (Rule rule : rules) {
      boolean same = rule.source().equals(name) || rule.source().equals(general(name));
      if (same && rule.steps().isEmpty()) {
        return rule.target().replace(LAYER, layer);
      }
    }
    return null;
  }

  private SequencedMap<String, Tensor> tensors(ModelFile source) throws ModelFormatException {
    Map<String, List<Rule>> bySource = new HashMap<>();
    for (Rule rule : rules) {
      bySource.computeIfAbsent(rule.source(), name -> new ArrayList<>()).add(rule);
    }
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : source.names()) {
      Matcher number = NUMBER.matcher(name);
      int layer = number.find() ? Integer.parseInt(number.group()) : 0;
      List<Rule> exact = bySource.get(name);
      List<Rule> found =
          exact != null ? exact : bySource.getOrDefault(general(name), List.of(keep(name)));
      for (Rule rule : found) {
        if (!rule.target().equals(Rule.DROPPED)) {
          put(tensors, source, name, rule, layer);
        }
      }
    }
    return tensors;
  }

  private static String general(String name) {
    return NUMBER.matcher(name).replaceFirst(LAYER);
  }

  private static Rule keep(String name) {
    return Rule.of(name, name);
  }

  private void put(
      SequencedMap<String, Tensor> tensors, ModelFile source, String name, Rule rule, int layer)
      throws ModelFormatException {
    String target = rule.target().replace(LAYER, String.valueOf(layer));
    Tensor tensor = source.require(name);
    try {
      Tensor translated = rule.apply(tensor, layer).renamed(target);
      if (tensors.put(target, translated) != null) {
        throw bad(source, "two of its tensors are '" + target + "' (" + name + " is one)");
      }
    } catch (IllegalArgumentException e) {
      throw bad(source, "tensor '" + tensor + "' " + e.getMessage());
    }
  }

  private ModelFormatException bad(ModelFile source, String fault) {
    return ModelFormatException.of(
        source.path(), fault, "this is not how a " + title + " file is made; fetch it again");
  }
}
