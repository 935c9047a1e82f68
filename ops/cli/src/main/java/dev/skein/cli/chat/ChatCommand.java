package dev.skein.cli.chat;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Logs;
import dev.skein.cli.TemporaryFolder;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.cli.serve.SkeinProcess;
import dev.skein.client.SkeinClient;
import dev.skein.model.Model;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein chat}: a conversation in the terminal. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Chat with a running router; without one on localhost:8080, start everything in this process.",
      "At a terminal /help lists what can be done to the session, and the arrow keys find what was said.",
      "From a pipe every line is one message. An empty line is skipped; /quit or Ctrl-D ends."
    })
public final class ChatCommand implements Callable<Integer> {
  private static final String USUAL = "http://localhost:8080";
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Spec CommandSpec spec;

  @Option(
      names = "--session",
      paramLabel = "ID",
      description = "Session to continue or to begin (default: a new one).")
  @Nullable String session;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Router to talk to (default: " + USUAL + " if there is one).")
  @Nullable String url;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "400",
      description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
  int maxTokens;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Where a Skein started in this process keeps its data (default: a temporary folder).")
  @Nullable Path data;

  @Mixin ModelOptions model;

  @Override
  public Integer call() throws IOException {
    String id = session == null ? "chat-" + UUID.randomUUID().toString().substring(0, 8) : session;
    String given = url;
    if (given != null) {
      talk(given, id);
      return 0;
    }
    if (Routers.answers(USUAL)) {
      talk(USUAL, id);
    } else {
      ownSkein(id);
    }
    return 0;
  }

  private void ownSkein(String id) throws IOException {
    Path kept = data;
    try (TemporaryFolder folder = TemporaryFolder.make("skein-chat")) {
      Path place = kept == null ? folder.path() : kept;
      Logs.toFolder(place.resolve("logs"));
      ownSkein(id, place);
    }
  }

  private void ownSkein(String id, Path place) throws IOException {
    try (Model loaded = model.openModel(spec.commandLine().getErr());
        SkeinProcess process =
            SkeinProcess.start(SkeinProcess.Settings.ephemeral(place), loaded, PATIENCE)) {
      model.mentionDemo(spec.commandLine().getErr());
      talk(process.url(), id);
    }
  }

  private void talk(String at, String id) {
    try (SkeinClient skein = Routers.client(at)) {
      talk(skein, Routers.model(skein, at), id);
    }
  }

  private void talk(SkeinClient skein, String name, String id) {
    PrintWriter out = spec.commandLine().getOut();
    Talk talk = new Talk(skein, name, id, maxTokens, out);
    try (Lines lines = Lines.open()) {
      if (lines.interactive()) {
        out.printf("model %s, session %s; /help lists what can be typed%n", name, id);
        out.flush();
      }
      for (String line = lines.next(); line != null; line = lines.next()) {
        if (!goesOn(talk, line, lines.interactive())) {
          return;
        }
      }
    }
  }

  /** Somebody at a terminal reads what went wrong and goes on; a pipe is broken off. */
  private boolean goesOn(Talk talk, String line, boolean interactive) {
    try {
      return talk.take(line);
    } catch (CommandFailure e) {
      if (!interactive) {
        throw e;
      }
      PrintWriter err = spec.commandLine().getErr();
      err.println("skein: " + e.getMessage());
      err.flush();
      return true;
    }
  }
}
