package dev.skein.cli.engine;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.engine.SessionState;
import dev.skein.model.Batch;
import dev.skein.model.Quantization;
import dev.skein.model.Rwkv;
import dev.skein.model.StateSlab;
import dev.skein.model.Workspace;
import dev.skein.model.start.StartStateFile;
import dev.skein.model.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code skein logits}: what the model says after the last token, for comparison with other
 * implementations.
 */
@Command(
    name = "logits",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Feed tokens to a new session and print the logits after the last one.",
      "Computes in fp32 on the weights as stored, unless --quant says otherwise."
    })
public final class LogitsCommand implements Callable<Integer> {
  private static final int CHUNK_MAX = 4096;
  private static final int SHOWN = 10;

  @Spec CommandSpec spec;

  @ArgGroup(multiplicity = "1")
  PromptOptions prompt;

  @Mixin LoadOptions model;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Tokens fed at a time; the result does not depend on it (default: ${DEFAULT-VALUE}).")
  int chunk;

  @Option(
      names = "--state-in",
      paramLabel = "FILE",
      description = "Begin with the state in this safetensors file.")
  @Nullable Path stateIn;

  @Option(
      names = "--state-out",
      paramLabel = "FILE",
      description = "Write the state after the last token to this safetensors file.")
  @Nullable Path stateOut;

  @Option(
      names = "--json",
      description =
          "Print one line {\"logits\":[…],\"hidden\":[…],\"backend\":…}; floats read back exactly.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    if (chunk < 1 || chunk > CHUNK_MAX) {
      throw new ParameterException(
          spec.commandLine(),
          "--chunk must be between 1 and %d, not %d".formatted(CHUNK_MAX, chunk));
    }
    try (LoadedModel loaded = model.open(spec.commandLine(), Quantization.FP32)) {
      int[] ids = prompt.ids(loaded.tokenizer());
      run(loaded, ids);
    }
    return 0;
  }

  private void run(LoadedModel loaded, int[] ids) throws IOException {
    Rwkv rwkv = loaded.rwkv();
    checkIds(ids, rwkv.config().vocabulary());
    float[] state = new float[rwkv.stateLayout().floats()];
    try (StateSlab slab = new StateSlab(rwkv.stateLayout(), 1);
        Workspace workspace = rwkv.newWorkspace(chunk, 1)) {
      SessionState start = loaded.start();
      if (stateIn != null) {
        slab.load(0, StartStateFile.read(stateIn, rwkv.stateLayout()));
      } else if (start != null) {
        slab.load(0, start.toArray());
      }
      feed(rwkv, slab, workspace, ids);
      slab.save(0, state);
      if (stateOut != null) {
        StateFile.write(stateOut, rwkv.stateLayout(), state);
      }
      print(loaded, floats(workspace.logits(0)), floats(workspace.hidden(0)));
    }
  }

  private void feed(Rwkv rwkv, StateSlab slab, Workspace workspace, int[] ids) {
    Batch batch = new Batch();
    for (int from = 0; from < ids.length; from += chunk) {
      int count = Math.min(chunk, ids.length - from);
      batch.clear();
      batch.add(0, ids, from, count, from + count == ids.length);
      rwkv.forward(batch, slab, workspace);
    }
  }

  private void checkIds(int[] ids, int vocabulary) {
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new ParameterException(
            spec.commandLine(),
            "token %d is not in the vocabulary of %d tokens".formatted(id, vocabulary));
      }
    }
  }

  private static float[] floats(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_FLOAT);
  }

  private void print(LoadedModel loaded, float[] logits, float[] hidden) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode line = JsonNodeFactory.instance.objectNode();
      addAll(line, "logits", logits);
      addAll(line, "hidden", hidden);
      line.put("backend", loaded.rwkv().backend());
      line.put("quant", loaded.rwkv().quantization().title());
      line.put("threads", model.threads());
      Json.print(out, line);
      return;
    }
    out.printf(
        "%s, %s, backend %s: the likeliest next tokens%n",
        loaded.name(), loaded.rwkv().quantization().title(), loaded.rwkv().backend());
    int[] best = best(logits);
    for (int i = 0; i < Math.min(SHOWN, best.length); i++) {
      out.printf("%8d  %12.6f  %s%n", best[i], logits[best[i]], shown(loaded.tokenizer(), best[i]));
    }
    out.flush();
  }

  private static void addAll(ObjectNode line, String name, float[] values) {
    var array = line.putArray(name);
    for (float value : values) {
      array.add(value);
    }
  }

  /** All token ids, best first; ties by id. */
  private static int[] best(float[] logits) {
    Integer[] order = new Integer[logits.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -logits[i]));
    return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
  }

  private static String shown(@Nullable Tokenizer tokenizer, int token) throws IOException {
    if (tokenizer == null) {
      return "";
    }
    String text = new String(tokenizer.bytes(token), StandardCharsets.UTF_8);
    return Json.MAPPER.writeValueAsString(text);
  }
}
