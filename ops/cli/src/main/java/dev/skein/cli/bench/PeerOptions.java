package dev.skein.cli.bench;

import dev.skein.bench.peer.LlamaCpp;
import dev.skein.bench.peer.LlamaCppFolder;
import dev.skein.cli.engine.LoadOptions;
import dev.skein.model.Quantization;
import dev.skein.model.random.RandomWeights;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whom to measure in the same run, on the same random weights. */
final class PeerOptions {
  private static final String LLAMA_CPP = "llama.cpp";

  @Option(
      names = "--compare",
      paramLabel = "PEER",
      description = {
        "Measure a peer too, in the same run, on the same weights of RWKV-7: llama.cpp.",
        "ops/bench/llama.cpp/fetch gets it; speed is compared with random weights of a --shape."
      })
  @Nullable String peer;

  @Option(
      names = "--peer",
      paramLabel = "FOLDER",
      defaultValue = "${SKEIN_LLAMA_CPP}",
      description =
          "Where the peer was fetched to (default: SKEIN_LLAMA_CPP, or ops/bench/target/llama.cpp).")
  @Nullable Path folder;

  /** Refuses what cannot be compared, before anything is loaded. */
  void check(LoadOptions model) throws IOException {
    if (!wanted()) {
      return;
    }
    if (model.randomWeights() == null) {
      throw new IllegalArgumentException(
          "--compare needs a --shape such as rwkv7-0.1b: the peer is given the same random weights");
    }
    folder();
  }

  /** Whether to compare; refuses a peer that nobody knows. */
  boolean wanted() {
    if (peer != null && !peer.equals(LLAMA_CPP)) {
      throw new IllegalArgumentException("unknown peer '" + peer + "': use " + LLAMA_CPP);
    }
    return peer != null;
  }

  /** Where the peer lies. */
  LlamaCppFolder folder() throws IOException {
    Path given = folder;
    return new LlamaCppFolder(
        given == null || given.toString().isEmpty()
            ? Path.of(System.getProperty("skein.home", "."), "ops/bench/target/llama.cpp")
            : given);
  }

  /**
   * The peer with the weights of {@code --shape} in the form that is nearest to ours; null if there
   * is nothing to compare with. The caller closes it.
   */
  @Nullable LlamaCpp open(LoadOptions model, String shape, Quantization form) throws IOException {
    RandomWeights weights = model.randomWeights();
    return peer == null || weights == null
        ? null
        : folder().start(shape, weights, LlamaCppFolder.formOf(form), model.threads());
  }
}
