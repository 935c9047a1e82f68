package dev.skein.cli.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.skein.bench.BenchReport;
import dev.skein.bench.Workload;
import dev.skein.bench.mixed.Latencies;
import dev.skein.cli.Logs;
import dev.skein.cli.TemporaryFolder;
import dev.skein.cli.bench.bus.BusWay;
import dev.skein.cli.bench.bus.Comparison;
import dev.skein.cli.bench.bus.EngineWay;
import dev.skein.cli.bench.bus.Runs;
import dev.skein.cli.kafka.StreamingClient;
import dev.skein.cli.serve.SkeinProcess;
import dev.skein.engine.Engine;
import dev.skein.engine.EngineOptions;
import dev.skein.model.Model;
import dev.skein.model.sampling.SamplingParameters;
import dev.skein.proto.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skein bench e2e}: what the bus takes of the engine. */
@Command(
    name = "e2e",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "What the way through Kafka takes of the engine. The same sessions, in turns:",
      "engine: asked and heard in its process;",
      "kafka: requests and tokens go through an embedded broker; nothing is stored;",
      "sessions: the same, and every session is one that lasts, with its snapshots.",
      "Then the time to a first token, one session after another. All ways must draw the same."
    })
final class E2eCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String SNAPSHOTS = "skein_checkpoints";
  private static final String SNAPSHOT_BYTES = "skein_checkpoint_bytes";

  @Spec CommandSpec spec;
  @Mixin BenchOptions options;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      defaultValue = "32",
      description = "Sessions that run together (default: ${DEFAULT-VALUE}).")
  int sessions;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "544",
      description =
          "Tokens that each session draws (default: ${DEFAULT-VALUE}, a little more than those"
              + " after which a running turn is stored twice).")
  int tokens;

  @Option(
      names = "--first-tokens",
      paramLabel = "N",
      defaultValue = "100",
      description = "Sessions whose first token is timed (default: ${DEFAULT-VALUE}).")
  int firstTokens;

  @Override
  public Integer call() throws IOException {
    check();
    Lines lines = new Lines(spec.commandLine().getOut(), options.json);
    try (TemporaryFolder folder = TemporaryFolder.make("skein-bench")) {
      Logs.toFolder(folder.path());
      try (Model model = options.model.openServed(spec.commandLine(), folder.path());
          SkeinProcess process =
              SkeinProcess.start(
                  SkeinProcess.Settings.ephemeral(folder.path().resolve("data")), model, PATIENCE);
          Engine engine = Engine.start(model, EngineOptions.defaults());
          StreamingClient client = new StreamingClient(process.kafka(), Topics.main())) {
        lines.begin();
        run(comparison(model, engine, client), model, process, lines);
      }
    }
    return 0;
  }

  /** Refuses before anything is started, for a run takes minutes. */
  private void check() {
    options.checkRuns();
    if (sessions < 1 || tokens < 1 || firstTokens < 1) {
      throw new IllegalArgumentException(
          "--sessions, --tokens and --first-tokens must be at least 1");
    }
    if (options.peer.wanted() || options.roofline || options.verify) {
      throw new ParameterException(
          spec.commandLine(),
          "bench e2e knows no --compare and no --roofline, and compares all tokens without --verify");
    }
  }

  private Comparison comparison(Model model, Engine engine, StreamingClient client) {
    SamplingParameters sampling =
        model.defaults().withTemperature(options.temperature).withTopP(options.topP);
    Workload workload =
        new Workload(sessions, DecodeCommand.PROMPT, tokens, options.seed, sampling);
    int vocabulary = model.rwkv().config().vocabulary();
    return new Comparison(
        workload,
        new EngineWay(engine, PATIENCE),
        new BusWay(client, "passing-", true, vocabulary, PATIENCE),
        new BusWay(client, "lasting-", false, vocabulary, PATIENCE));
  }

  private void run(Comparison comparison, Model model, SkeinProcess process, Lines lines)
      throws IOException {
    comparison.warmUp(options.warmUpSeconds);
    double snapshots = process.counted(SNAPSHOTS);
    double bytes = process.counted(SNAPSHOT_BYTES);
    comparison.measure(options.runs);
    lines.plain(line(comparison.engine(), comparison.workload(), model));
    ObjectNode kafka = line(comparison.kafka(), comparison.workload(), model);
    lines.plain(
        kafka.put("percent_of_engine", rounded(comparison.kafka().percentOf(comparison.engine()))));
    ObjectNode lasting = line(comparison.lasting(), comparison.workload(), model);
    lasting.put("percent_of_engine", rounded(comparison.lasting().percentOf(comparison.engine())));
    lasting.put(
        "snapshots_cost_percent",
        rounded(100 - comparison.lasting().percentOf(comparison.kafka())));
    lasting.put("snapshots", Math.round(process.counted(SNAPSHOTS) - snapshots));
    lasting.put("snapshot_bytes", Math.round(process.counted(SNAPSHOT_BYTES) - bytes));
    lines.plain(lasting);
    lines.plain(firstTokens(comparison));
  }

  private ObjectNode line(Runs way, Workload workload, Model model) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("bench", "e2e").put("way", way.name());
    line.put("shape", model.name());
    line.put("quant", model.rwkv().quantization().title());
    line.put("sessions", workload.sessions());
    line.put("threads", options.model.threads());
    line.put("backend", model.rwkv().backend());
    line.put("tokens", workload.drawnTokens());
    BenchReport.addSpeeds(line, way.speeds());
    line.put("other_cpu", Math.rint(100 * way.otherWork()) / 100);
    return line.put("tokens_sha256", way.first().digest());
  }

  /** One session at a time, so that none waits for a step of others. */
  private ObjectNode firstTokens(Comparison comparison) {
    Workload one =
        new Workload(firstTokens, 1, 1, options.seed + 1, comparison.workload().sampling());
    Latencies engine = new Latencies();
    Latencies kafka = new Latencies();
    for (int i = 0; i < firstTokens; i++) {
      engine.add(comparison.engine().way().firstToken(one, i));
      kafka.add(comparison.kafka().way().firstToken(one, i));
    }
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("bench", "e2e").put("way", "first token").put("sessions", 1).put("runs", firstTokens);
    engine.addTo(line, "engine");
    kafka.addTo(line, "kafka");
    double added = (kafka.percentile(50) - engine.percentile(50)) / 1e6;
    return line.put("added_ms_p50", Math.rint(100 * added) / 100);
  }

  private static double rounded(double percent) {
    return Math.rint(10 * percent) / 10;
  }
}
