package dev.skein.cli.engine;

import dev.skein.engine.Guidance;
import dev.skein.model.grammar.Constraint;
import dev.skein.model.grammar.Grammars;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the text must be. Exactly one of these, or none. */
public final class ConstraintOptions {
  @Option(
      names = "--json-schema",
      paramLabel = "FILE",
      description = "Write JSON that this schema allows.")
  @Nullable Path jsonSchema;

  @Option(names = "--json-object", description = "Write a JSON object.")
  boolean jsonObject;

  @Option(
      names = "--regex",
      paramLabel = "REGEX",
      description = "Write a text that this regular expression matches from end to end.")
  @Nullable String regex;

  @Option(
      names = "--choice",
      paramLabel = "TEXT",
      description = "Write one of these texts; repeatable.")
  List<String> choices = new ArrayList<>();

  @Option(
      names = "--grammar",
      paramLabel = "FILE",
      description = "Write a text that the rule root of this GBNF grammar describes.")
  @Nullable Path grammar;

  /**
   * The compiled constraint.
   *
   * @throws IllegalArgumentException if the model has no tokenizer, or the constraint is wrong
   */
  Guidance guidance(LoadedModel model, int maxTokens) throws IOException {
    if (model.tokenizer() == null) {
      throw new IllegalArgumentException(
          "a constraint needs the model's tokenizer: give --tokenizer FILE");
    }
    int vocabulary = model.rwkv().config().vocabulary();
    Grammars grammars = new Grammars(model.tokenizer(), vocabulary);
    return new Guidance(grammars.compile(constraint()), maxTokens);
  }

  private Constraint constraint() throws IOException {
    if (jsonSchema != null) {
      return new Constraint.JsonSchema(read(jsonSchema));
    }
    if (grammar != null) {
      return new Constraint.Gbnf(read(grammar));
    }
    if (regex != null) {
      return new Constraint.Regex(regex);
    }
    return jsonObject ? new Constraint.JsonObject() : new Constraint.Choices(choices);
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("there is no file " + file, e);
    }
  }
}
