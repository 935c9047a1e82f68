package dev.skein.cli.bench;

import dev.skein.bench.Workload;
import dev.skein.cli.engine.LoadOptions;
import dev.skein.cli.engine.LoadedModel;
import dev.skein.model.sampling.SamplingParameters;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What all benches of speed ask. */
final class BenchOptions {
  /** How many sessions are run alone after every figure, unless all are. */
  private static final int VERIFIED = 3;

  @Mixin LoadOptions model;

  @Mixin PeerOptions peer;

  @Option(
      names = "--runs",
      paramLabel = "R",
      defaultValue = "3",
      description = "Measured runs after the warm-up (default: ${DEFAULT-VALUE}).")
  int runs;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of prompts and draws (default: ${DEFAULT-VALUE}).")
  long seed;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "1",
      description = "Temperature of the draws (default: ${DEFAULT-VALUE}).")
  float temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "0.3",
      description = "Top-p of the draws (default: ${DEFAULT-VALUE}).")
  float topP;

  @Option(
      names = "--verify",
      description =
          "Run every session alone afterwards and compare the tokens (otherwise three of them).")
  boolean verify;

  @Option(
      names = "--roofline",
      description = {
        "Also measure how fast memory is read, and print what part of it is reached:",
        "a step moves weights + 2 x sessions x state bytes. And how fast the kernels multiply what",
        "their caches hold."
      })
  boolean roofline;

  @Option(names = "--json", description = "Print each figure as one JSON line.")
  boolean json;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "Run at least so long before measuring (default: ${DEFAULT-VALUE}).")
  int warmUpSeconds;

  /** How many sessions of these are run alone. */
  int verified(int sessions) {
    return verify ? sessions : Math.min(VERIFIED, sessions);
  }

  /** Draws as {@code generate} with the same options does, so that it can reproduce a session. */
  Workload workload(LoadedModel loaded, int sessions, int promptTokens, int drawnTokens) {
    checkRuns();
    if (!loaded.startStates().isEmpty()) {
      throw new IllegalArgumentException("a bench has no use for --state");
    }
    return new Workload(sessions, promptTokens, drawnTokens, seed, sampling(loaded));
  }

  void checkRuns() {
    if (runs < 1) {
      throw new IllegalArgumentException("--runs must be at least 1");
    }
  }

  SamplingParameters sampling(LoadedModel loaded) {
    return temperature == 0
        ? SamplingParameters.GREEDY.withTopP(topP)
        : loaded.defaults().withTemperature(temperature).withTopP(topP);
  }
}
