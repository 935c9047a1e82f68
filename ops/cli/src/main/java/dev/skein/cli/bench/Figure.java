package dev.skein.cli.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.BenchReport;
import dev.skein.bench.StepBench;
import dev.skein.bench.StepBench.Timing;
import dev.skein.bench.Subject;
import dev.skein.bench.Workload;
import dev.skein.bench.machine.BusyNeighbour;
import dev.skein.bench.machine.MatrixPeak;
import dev.skein.bench.machine.OtherWork;
import dev.skein.bench.machine.ReadBandwidth;
import dev.skein.bench.machine.Roofline;
import dev.skein.bench.peer.LlamaCpp;
import dev.skein.bench.peer.LlamaCppFolder;
import dev.skein.kernels.Kernels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One figure and what it is compared with: ours, the peer's, and both beside a busy neighbour, run
 * in turns, so that what the machine does meanwhile falls on all of them alike.
 */
final class Figure {
  /** Threads of llama.cpp spin for a quarter of a second after a step; they must not disturb us. */
  private static final long PEER_SETTLES_NANOS = 500_000_000;

  private static final double BANDWIDTH_SECONDS = 1.5;
  private static final double PEAK_SECONDS = 0.7;

  private final StepBench bench;
  private final @Nullable Theirs theirs;
  private final boolean neighbour;

  private final List<Timing> ours = new ArrayList<>();
  private final List<Timing> oursDisturbed = new ArrayList<>();
  private final List<LlamaCpp.Run> peer = new ArrayList<>();
  private final List<LlamaCpp.Run> peerDisturbed = new ArrayList<>();
  private final OtherWork others = new OtherWork();

  /**
   * The peer and what it does in a run.
   *
   * @param prompt tokens of each session
   * @param drawn tokens that each session draws
   */
  record Theirs(LlamaCpp llama, Function<LlamaCpp, LlamaCpp.Run> run) {
    LlamaCpp.Run once() {
      LlamaCpp.Run result = run.apply(llama);
      pause(PEER_SETTLES_NANOS);
      return result;
    }
  }

  /**
   * A figure that is still to be measured.
   *
   * @param theirs null if there is no peer
   * @param neighbour whether to measure beside a busy process too
   */
  Figure(StepBench bench, @Nullable Theirs theirs, boolean neighbour) {
    this.bench = bench;
    this.theirs = theirs;
    this.neighbour = neighbour;
  }

  /** Warms up, then takes turns. */
  void measure(int runs, int warmUpSeconds) throws IOException {
    bench.warmUp(warmUpSeconds);
    if (theirs != null) {
      theirs.once();
    }
    for (int run = 0; run < runs; run++) {
      others.begin();
      ours.add(bench.run());
      others.end();
      if (theirs != null) {
        peer.add(theirs.once());
      }
      if (neighbour) {
        disturbed();
      }
    }
  }

  private void disturbed() throws IOException {
    try (BusyNeighbour busy = BusyNeighbour.start()) {
      pause(PEER_SETTLES_NANOS); // until the scheduler has found it a processor
      busy.check();
      oursDisturbed.add(bench.run());
      if (theirs != null) {
        peerDisturbed.add(theirs.once());
      }
    }
  }

  private static void pause(long nanos) {
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /** Runs sessions alone; throws if they draw other tokens. */
  BenchReport verified(int sessions) {
    return bench.report(ours, bench.verify(sessions));
  }

  /**
   * Our line.
   *
   * @param roofline whether to measure now what memory and matrix units give
   */
  ObjectNode ours(BenchReport report, boolean roofline) {
    ObjectNode line = report.toJson();
    line.put("other_cpu", Math.rint(100 * others.share()) / 100);
    if (roofline) {
      Subject subject = report.subject();
      long bytes = report.roofline(1).bytesPerStep();
      double read = ReadBandwidth.measure(bytes, subject.rwkv().workers(), BANDWIDTH_SECONDS);
      report.roofline(read).addTo(line, report.stepsPerSecond());
      Kernels kernels = Kernels.named(report.subject().rwkv().backend());
      double peak = MatrixPeak.measure(kernels, subject.rwkv().workers(), PEAK_SECONDS);
      line.withObject("/roofline").put("matrix_gop_s", Math.rint(peak / 1e9));
    }
    if (neighbour) {
      List<Double> speeds = oursDisturbed.stream().map(Timing::tokensPerSecond).toList();
      addDisturbed(line, speeds, report.tokensPerSecond());
    }
    return line;
  }

  /** The peer's line, which ends with how much faster we are; null if there is no peer. */
  @Nullable ObjectNode theirs(BenchReport report) {
    if (theirs == null) {
      return null;
    }
    Workload work = report.workload();
    LlamaCpp.Greeting greeting = theirs.llama.greeting();
    List<Double> speeds = peer.stream().map(LlamaCpp.Run::tokensPerSecond).toList();
    double median = BenchReport.median(speeds);
    double steps =
        BenchReport.median(peer.stream().map(r -> steps(r, work, report.bench())).toList());
    Subject subject = report.subject();
    long bytes =
        Roofline.bytesPerStep(greeting.streamedBytes(), work.sessions(), subject.stateBytes());
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("bench", report.bench());
    line.put("peer", "llama.cpp " + greeting.version());
    line.put("shape", subject.name());
    line.put("quant", LlamaCppFolder.formOf(subject.rwkv().quantization()));
    line.put("sessions", work.sessions());
    line.put("threads", subject.threads());
    line.put("backend", greeting.backend());
    line.put("prompt_tokens", work.promptTokens());
    line.put("tokens", work.drawnTokens());
    BenchReport.addSpeeds(line, speeds);
    line.put("bytes_per_step", bytes);
    line.put("gb_s", Math.rint(steps * bytes / 1e7) / 100);
    line.put("peak_rss_mb", peer.getLast().peakBytes() >> 20);
    if (neighbour) {
      addDisturbed(
          line, peerDisturbed.stream().map(LlamaCpp.Run::tokensPerSecond).toList(), median);
    }
    line.put("skein_ratio", Math.rint(100 * report.tokensPerSecond() / median) / 100);
    return line;
  }

  private static double steps(LlamaCpp.Run run, Workload work, String bench) {
    double tokensAStep = bench.equals("prefill") ? work.promptTokens() : work.sessions();
    return run.tokensPerSecond() / tokensAStep;
  }

  private static void addDisturbed(ObjectNode line, List<Double> speeds, double undisturbed) {
    ObjectNode beside = line.putObject("busy_neighbour");
    BenchReport.addSpeeds(beside, speeds);
    beside.put(
        "percent_of_undisturbed", Math.rint(1000 * BenchReport.median(speeds) / undisturbed) / 10);
  }
}
