package dev.skein.cli.bench.bus;

import dev.skein.bench.Workload;
import dev.skein.cli.CommandFailure;
import java.util.List;

/**
 * One workload on three ways that take turns, so that what the machine does meanwhile falls on all
 * of them alike. Every run must draw what the engine alone drew first.
 */
public final class Comparison {
  private final Workload workload;
  private final Runs engine;
  private final Runs kafka;
  private final Runs lasting;

  /**
   * Nothing is measured yet.
   *
   * @param engine the engine alone
   * @param kafka through Kafka, sessions that are forgotten
   * @param lasting through Kafka, sessions that are stored
   */
  public Comparison(Workload workload, Way engine, Way kafka, Way lasting) {
    this.workload = workload;
    this.engine = new Runs("engine", engine);
    this.kafka = new Runs("kafka", kafka);
    this.lasting = new Runs("sessions", lasting);
  }

  /** What is run. */
  public Workload workload() {
    return workload;
  }

  /** The engine alone. */
  public Runs engine() {
    return engine;
  }

  /** Through Kafka, sessions that are forgotten. */
  public Runs kafka() {
    return kafka;
  }

  /** Through Kafka, sessions that are stored. */
  public Runs lasting() {
    return lasting;
  }

  private List<Runs> all() {
    return List.of(engine, kafka, lasting);
  }

  /** Runs every way at least once, and until so many seconds have passed: compiling takes some. */
  public void warmUp(int seconds) {
    long began = System.nanoTime();
    do {
      all().forEach(runs -> runs.way().run(workload));
    } while (System.nanoTime() - began < seconds * 1_000_000_000L);
  }

  /**
   * Runs every way so many times.
   *
   * @throws CommandFailure if a session draws other tokens than in the first run
   */
  public void measure(int turns) {
    for (int turn = 0; turn < turns; turn++) {
      for (Runs runs : all()) {
        int different = runs.measure(workload).firstDifference(engine.first());
        if (different >= 0) {
          throw new CommandFailure(
              "way %s: session %d drew other tokens than the engine alone"
                  .formatted(runs.name(), different));
        }
      }
    }
  }
}
