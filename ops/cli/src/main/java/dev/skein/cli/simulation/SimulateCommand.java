package dev.skein.cli.simulation;

import dev.skein.cli.CommandFailure;
import dev.skein.simulation.Mutation;
import dev.skein.simulation.Scenario;
import dev.skein.simulation.Simulation;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein simulate}: one life of two shards in one thread from one seed. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Replays a simulated life: the real session protocol over a simulated log, clock and model.",
      "Prints what happens, a line an event, and fails if a promise does not hold.",
      "The same seed is the same life, on every machine."
    })
public final class SimulateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--seed", required = true, paramLabel = "N", description = "Which life.")
  private long seed;

  @Option(
      names = "--lives",
      paramLabel = "N",
      description = "Live so many lives, from the seed on, without their traces.")
  private long lives = 1;

  @Option(
      names = "--scenario",
      description = "Kind of trouble, one of ${COMPLETION-CANDIDATES}; absent: the seed's own.")
  private @Nullable Scenario scenario;

  @Option(
      names = "--plant",
      paramLabel = "FAULT",
      description = "Plant a fault and see it found: one of ${COMPLETION-CANDIDATES}.")
  private Mutation mutation = Mutation.NONE;

  @Option(names = "--quiet", description = "Print the outcome only.")
  private boolean quiet;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    boolean traced = lives == 1 && !quiet;
    int deaths = 0;
    for (long life = seed; life < seed + lives; life++) {
      Scenario weather = scenario == null ? Scenario.of(life) : scenario;
      if (traced) {
        out.printf("seed %d: %s%n", life, weather.words());
      }
      Simulation.Outcome outcome =
          Simulation.live(life, weather, mutation, traced ? out::println : null);
      deaths += outcome.deaths();
      String broken = outcome.broken();
      if (broken != null) {
        out.flush();
        throw new CommandFailure("seed " + life + ": " + broken);
      }
    }
    out.printf("every promise held: lives=%d owners_died=%d%n", lives, deaths);
    out.flush();
    return 0;
  }
}
