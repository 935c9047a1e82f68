package dev.skein.cli.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.ConstraintBench;
import dev.skein.cli.engine.Json;
import dev.skein.model.grammar.Constraint;
import dev.skein.model.grammar.Grammar;
import dev.skein.model.grammar.Grammars;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein bench constraint}: what a constraint costs a step. */
@Command(
    name = "constraint",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Microseconds that the masks of a constraint cost one step of all sessions.")
final class ConstraintCommand implements Callable<Integer> {
  private static final String SCHEMA =
      """
      {"type":"object","required":["name","age","tags"],"properties":{
       "name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},
       "mail":{"type":"string","format":"email"},"note":{"type":"string","maxLength":40},
       "tags":{"type":"array","maxItems":8,"items":{"type":"string"}},
       "home":{"type":"object","properties":{"street":{"type":"string"},"geo":{"type":"number"}}}}}
      """;

  @Spec CommandSpec spec;

  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "FILE",
      description = "The vocabulary.")
  Path tokenizer = Path.of("");

  @Option(
      names = "--regex",
      paramLabel = "REGEX",
      description = "The constraint (default: a JSON schema of six members).")
  @Nullable String regex;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "32",
      description = "Sessions that draw in a step (default: ${DEFAULT-VALUE}).")
  int sessions;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "200",
      description = "Steps (default: ${DEFAULT-VALUE}).")
  int tokens;

  @Override
  public Integer call() throws IOException {
    Tokenizer vocabulary = Tokenizer.open(tokenizer);
    int size = vocabulary.vocabularySize();
    Constraint constraint =
        regex == null ? new Constraint.JsonSchema(SCHEMA) : new Constraint.Regex(regex);
    ConstraintBench bench = new ConstraintBench(vocabulary, size, sessions, tokens);
    for (int warm = 0; warm < 3; warm++) {
      bench.run(new Grammars(vocabulary, size).compile(constraint), warm);
    }
    Grammars grammars = new Grammars(vocabulary, size);
    grammars.compile(new Constraint.JsonObject());
    long from = System.nanoTime();
    Grammar grammar = grammars.compile(constraint);
    double compiled = (System.nanoTime() - from) / 1e3;
    ConstraintBench.Cost fresh = bench.run(grammar, 7);
    ConstraintBench.Cost known = bench.run(grammar, 8);
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("bench", "constraint").put("vocabulary", size).put("sessions", sessions);
    line.put("steps", tokens).put("compile_us", Math.rint(compiled));
    put(line.putObject("fresh_us_per_step"), fresh);
    put(line.putObject("known_us_per_step"), known);
    PrintWriter out = spec.commandLine().getOut();
    Json.print(out, line);
    return 0;
  }

  private static void put(ObjectNode line, ConstraintBench.Cost cost) {
    line.put("median", Math.rint(cost.median()));
    line.put("mean", Math.rint(cost.mean()));
    line.put("p99", Math.rint(cost.p99()));
    line.put("max", Math.rint(cost.greatest()));
  }
}
