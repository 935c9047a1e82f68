package dev.skein.cli.demo.failover;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Logs;
import dev.skein.cli.TemporaryFolder;
import dev.skein.cli.demo.EngineAlone;
import dev.skein.cli.demo.failover.StoryStream.Story;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.model.Model;
import dev.skein.proto.Shards;
import dev.skein.proto.Topics;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code skein demo failover}: a worker dies in the middle of its story, and the story goes on. */
@Command(
    name = "failover",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Start a broker, three workers and a router as processes; stream a story; kill -9 the worker that tells it.",
      "Fails unless the client gets every token once, and the text that the engine alone writes."
    })
public final class FailoverCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String SESSION = "failover";
  private static final String PROMPT = "Once upon a time";
  private static final long SEED = 3;
  private static final int SHOWN = 40;

  @Spec CommandSpec spec;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "2000",
      description =
          "Length of the story; the worker dies at a tenth of it (default: ${DEFAULT-VALUE}).")
  int tokens = 2_000;

  @Override
  public Integer call() throws IOException {
    if (tokens < 100 || tokens > 100_000) {
      throw new CommandFailure("--tokens must be between 100 and 100000, and is " + tokens);
    }
    PrintWriter out = spec.commandLine().getOut();
    Story story = new Story(SESSION, PROMPT, SEED, tokens);
    try (TemporaryFolder folder = TemporaryFolder.make("skein-failover");
        Model model = new ModelOptions().openModel(spec.commandLine().getErr())) {
      Logs.toFolder(folder.path());
      out.println("starting a broker, three workers and a router, each a process of its own …");
      out.flush();
      Telling telling;
      String told;
      try (SmallCluster cluster =
          SmallCluster.start(folder.path(), List.of("--threads", "1"), PATIENCE)) {
        out.println(
            cluster.processes().stream()
                .map(p -> p.name() + " " + p.pid())
                .collect(Collectors.joining(", ", "running  ", "")));
        out.printf("%n> %s%n", PROMPT);
        telling = new Telling(cluster, tokens, out);
        told = StoryStream.follow(cluster.url(), story, telling);
        telling.ended(cluster.tokensRunAgain());
      }
      return report(telling, told, alone(model, story), out);
    }
  }

  private static String alone(Model model, Story story) {
    try (EngineAlone engine = new EngineAlone(model)) {
      return engine.text(story.prompt(), story.seed(), story.tokens());
    }
  }

  private static int report(Telling telling, String told, String alone, PrintWriter out) {
    boolean same = told.equals(alone);
    out.printf(
        "gap      %,d ms without a token, from %s's death at token %d to token %d%n",
        telling.gapMs, telling.victim(), telling.killedAt, telling.killedAt + 1);
    out.printf(
        "re-run   %d tokens were in the log already: read again by the new owner, not drawn%n",
        telling.runAgain);
    out.printf(
        "text     %,d characters, every index once and in order; the engine alone writes %s%n",
        told.length(), same ? "the same text" : "ANOTHER TEXT");
    out.flush();
    if (!same) {
      throw new CommandFailure("the story differs from the one that the engine tells undisturbed");
    }
    return 0;
  }

  /** Shows the story, and kills its teller when a tenth is told. */
  private static final class Telling implements StoryStream.Listener {
    private final SmallCluster cluster;
    private final PrintWriter out;
    private final int killAt;
    private @Nullable RoleProcess victim;
    private long lastNanos;
    private int killedAt = -1;
    private long gapMs;
    private long runAgain;

    Telling(SmallCluster cluster, int tokens, PrintWriter out) {
      this.cluster = cluster;
      this.out = out;
      this.killAt = tokens / 10;
    }

    @Override
    public void piece(int index, String text) {
      long now = System.nanoTime();
      if (victim != null) {
        gapMs = Math.max(gapMs, (now - lastNanos) / 1_000_000);
      }
      lastNanos = now;
      boolean shown = index < SHOWN || (index > killAt && index < killAt + SHOWN);
      if (shown) {
        out.print(text);
        out.flush();
      }
      if (index == SHOWN) {
        out.print(" …");
      }
      if (index == killAt) {
        kill(index);
      }
      if (index == killAt + SHOWN) {
        out.println(" …");
      }
    }

    private void kill(int index) {
      RoleProcess owner = cluster.ownerOf(Shards.of(SESSION, Topics.DEFAULT_SHARDS));
      int code = owner.kill();
      victim = owner;
      killedAt = index;
      out.printf(
          "%n%n*** token %d: kill -9 %d (%s, exit code %d) ***%n%n",
          index, owner.pid(), owner.name(), code);
      out.flush();
      lastNanos = System.nanoTime();
    }

    void ended(long again) {
      runAgain = again;
      out.println();
      if (again == 0) {
        throw new CommandFailure(
            "the story was over before its worker died: try again with a larger --tokens");
      }
    }

    String victim() {
      RoleProcess dead = victim;
      return dead == null ? "nobody" : dead.name();
    }
  }
}
