package dev.skein.cli.bench.bus;

import dev.skein.bench.BenchReport;
import dev.skein.bench.Workload;
import dev.skein.bench.machine.OtherWork;
import java.util.ArrayList;
import java.util.List;

/** The runs of one way. */
public final class Runs {
  private final String name;
  private final Way way;
  private final List<Played> played = new ArrayList<>();
  private final OtherWork others = new OtherWork();

  Runs(String name, Way way) {
    this.name = name;
    this.way = way;
  }

  /** What the figures call the way. */
  public String name() {
    return name;
  }

  /** The way itself. */
  public Way way() {
    return way;
  }

  Played measure(Workload workload) {
    others.begin();
    Played last = way.run(workload);
    others.end();
    played.add(last);
    return last;
  }

  /** The first measured run. */
  public Played first() {
    return played.getFirst();
  }

  /** Tokens a second of each run, in their order. */
  public List<Double> speeds() {
    return played.stream().map(Played::tokensPerSecond).toList();
  }

  /** Seconds of processors that other processes used, a second measured. */
  public double otherWork() {
    return others.share();
  }

  /** Its share of another way's speed in the same turn, in percent: the middle of all turns. */
  public double percentOf(Runs other) {
    List<Double> shares = new ArrayList<>();
    for (int i = 0; i < played.size(); i++) {
      shares.add(100 * speeds().get(i) / other.speeds().get(i));
    }
    return BenchReport.median(shares);
  }
}
