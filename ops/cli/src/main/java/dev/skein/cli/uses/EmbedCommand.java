package dev.skein.cli.uses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.cli.engine.Json;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.cli.engine.PromptOptions;
import dev.skein.engine.reading.Reader;
import dev.skein.model.StateLayout;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein embed}: a vector that stands for a text. */
@Command(
    name = "embed",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "A vector that stands for a text.",
      "hidden: what the model hands to its head after the last token, after ln_out.",
      "mean: the mean of that over all tokens.",
      "state: everything a session would remember, in the order of --state-out files."
    })
public final class EmbedCommand implements Callable<Integer> {
  private static final int SHOWN = 8;

  /** What the vector is. */
  enum Kind {
    HIDDEN,
    MEAN,
    STATE
  }

  @Spec CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  PromptOptions prompt;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      defaultValue = "hidden",
      description = "hidden, mean or state (default: ${DEFAULT-VALUE}).")
  Kind kind = Kind.HIDDEN;

  @Option(
      names = "--layer",
      paramLabel = "N",
      description = "Of a state, only this layer, counted from 0.")
  @Nullable Integer layer;

  @Option(
      names = "--normalize",
      description = "Divide by the vector's length, so that a dot product is a cosine.")
  boolean normalize;

  @Mixin ReadOptions options;

  /** Numbers, and what they are: names and shapes, in their order. */
  private record Vector(float[] values, List<StateLayout.Part> parts) {}

  @Override
  public Integer call() throws IOException {
    return options.read(this::embed);
  }

  private void embed(LoadedModel model, Reader reader) throws IOException {
    if (layer != null && kind != Kind.STATE) {
      throw new IllegalArgumentException("--layer is for --kind state");
    }
    int[] tokens = options.begun(model, prompt.ids(model.tokenizer()));
    Vector vector =
        switch (kind) {
          case HIDDEN -> new Vector(reader.hidden(model.start(), tokens), List.of());
          case MEAN -> new Vector(reader.mean(model.start(), tokens), List.of());
          case STATE ->
              layerOf(
                  reader.state(model.start(), tokens).toArray(),
                  model.rwkv().stateLayout().parts());
        };
    double length = length(vector.values);
    float[] values = normalize ? divided(vector.values, length) : vector.values;
    PrintWriter out = spec.commandLine().getOut();
    if (options.json) {
      Json.print(out, json(new Vector(values, vector.parts), tokens.length));
      return;
    }
    out.printf(
        Locale.ROOT,
        "%s of %d tokens: %d numbers, length %.6g%n",
        kind.name().toLowerCase(Locale.ROOT),
        tokens.length,
        values.length,
        length);
    for (int i = 0; i < Math.min(SHOWN, values.length); i++) {
      out.print(values[i] + " ");
    }
    out.println(values.length > SHOWN ? "… (--json prints all)" : "");
    out.flush();
  }

  /** The wanted layer of every part; the outermost dimension of each is the layers. */
  private Vector layerOf(float[] state, List<StateLayout.Part> parts) {
    Integer wanted = layer;
    if (wanted == null) {
      return new Vector(state, parts);
    }
    int layers = parts.getFirst().shape().getFirst();
    if (wanted < 0 || wanted >= layers) {
      throw new IllegalArgumentException(
          "--layer %d: this model has the layers 0 to %d".formatted(wanted, layers - 1));
    }
    List<StateLayout.Part> taken = new ArrayList<>();
    int length = parts.stream().mapToInt(p -> p.floats() / layers).sum();
    float[] values = new float[length];
    int at = 0;
    for (StateLayout.Part part : parts) {
      int size = part.floats() / layers;
      System.arraycopy(state, part.offset() + wanted * size, values, at, size);
      List<Integer> shape = part.shape().subList(1, part.shape().size());
      taken.add(new StateLayout.Part(part.name(), shape, at));
      at += size;
    }
    return new Vector(values, taken);
  }

  private static double length(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  private static float[] divided(float[] values, double length) {
    float[] divided = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      divided[i] = length == 0 ? 0 : (float) (values[i] / length);
    }
    return divided;
  }

  private ObjectNode json(Vector vector, int tokens) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("kind", kind.name().toLowerCase(Locale.ROOT));
    line.put("tokens", tokens);
    line.put("dimensions", vector.values.length);
    line.put("normalized", normalize);
    if (!vector.parts.isEmpty()) {
      ArrayNode parts = line.putArray("parts");
      for (StateLayout.Part part : vector.parts) {
        ObjectNode entry = parts.addObject().put("name", part.name()).put("from", part.offset());
        part.shape().forEach(entry.putArray("shape")::add);
      }
    }
    ArrayNode embedding = line.putArray("embedding");
    for (float value : vector.values) {
      embedding.add(value);
    }
    return line;
  }
}
