package dev.skein.cli.serve;

import dev.skein.cli.Logs;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.model.Model;
import dev.skein.proto.Topics;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein up}: broker, worker and router in one process, until a signal stops it. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Run Kafka broker, worker and router in one process on the loopback interface, until Ctrl-C or SIGTERM.")
public final class UpCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Spec CommandSpec spec;
  @Mixin ServeOptions options;
  @Mixin ModelOptions model;

  @Option(names = "--verbose", description = "Log to stderr instead of DIR/logs.")
  boolean verbose;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (verbose) {
      Logs.verbose();
    } else {
      Logs.toFolder(options.dataFolder().resolve("logs"));
    }
    SkeinProcess.Settings settings = options.settings();
    StopSignal stop = new StopSignal();
    boolean clean = false;
    try {
      try (Model loaded = model.openModel(spec.commandLine().getErr());
          SkeinProcess process = SkeinProcess.start(settings, loaded, PATIENCE)) {
        model.mentionDemo(spec.commandLine().getErr());
        announce(process, settings, loaded, out);
        stop.await();
      }
      clean = true;
      return 0;
    } finally {
      stop.done(clean);
    }
  }

  private static void announce(
      SkeinProcess process, SkeinProcess.Settings settings, Model model, PrintWriter out) {
    out.println("API    " + process.url() + "/v1");
    out.println("ops    http://" + process.ops() + "  (/healthz /readyz /metrics)");
    out.println("Kafka  " + process.kafka() + "  (topics skein.main.*)");
    if (settings.kafka() == null) {
      out.println("data   " + settings.data().toAbsolutePath().normalize());
    }
    out.printf(
        "ready role=all ops=%s shards=%d model=%s backend=%s pid=%d%n",
        process.ops(),
        Topics.DEFAULT_SHARDS,
        model.name(),
        model.rwkv().backend(),
        ProcessHandle.current().pid());
    out.flush();
  }
}
