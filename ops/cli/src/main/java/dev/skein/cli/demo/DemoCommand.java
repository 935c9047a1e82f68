package dev.skein.cli.demo;

import dev.skein.cli.CommandFailure;
import dev.skein.cli.Logs;
import dev.skein.cli.TemporaryFolder;
import dev.skein.cli.demo.failover.FailoverCommand;
import dev.skein.cli.engine.ModelOptions;
import dev.skein.cli.kafka.PlainClient;
import dev.skein.cli.kafka.PlainClient.Place;
import dev.skein.cli.serve.SkeinProcess;
import dev.skein.model.Model;
import dev.skein.proto.Topics;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code skein demo}: the whole journey of a token in one process, checked against the engine run
 * alone.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    subcommands = FailoverCommand.class,
    description = {
      "Start Kafka broker, worker and router in this process, send two turns through the bus, and read the tokens as an"
          + " ordinary consumer does.",
      "Fails unless the engine run alone draws the same tokens."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String SESSION = "demo";
  private static final List<String> WORDS =
      List.of("Tell me a story about a fox.", "What did the seed become?");
  private static final long SEED = 3;
  private static final int MAX_TOKENS = 200;

  @Spec CommandSpec spec;
  @Mixin ModelOptions model;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (TemporaryFolder folder = TemporaryFolder.make("skein-demo");
        Model loaded = model.openModel(spec.commandLine().getErr())) {
      Logs.toFolder(folder.path());
      model.mentionDemo(spec.commandLine().getErr());
      List<BusTurn> turns = overTheBus(folder.path(), loaded, out);
      int[][] alone = alone(loaded);
      return report(turns, alone, loaded, out);
    }
  }

  private static List<BusTurn> overTheBus(Path folder, Model model, PrintWriter out) {
    SkeinProcess.Settings settings = SkeinProcess.Settings.ephemeral(folder);
    Topics topics = Topics.main();
    try (SkeinProcess process = SkeinProcess.start(settings, model, PATIENCE);
        PlainClient client = new PlainClient(process.kafka(), topics.tokens(), PATIENCE)) {
      out.printf("broker   %s (embedded Kafka), API %s%n", process.kafka(), process.url());
      out.printf("reader   kafka-clients consumer, group %s, read_committed%n", client.group());
      return WORDS.stream().map(words -> turn(client, topics, words, out)).toList();
    }
  }

  private static BusTurn turn(PlainClient client, Topics topics, String words, PrintWriter out) {
    out.printf("%n> %s%n", words);
    long sent = System.nanoTime();
    Place request =
        client.send(
            topics.requests(),
            SESSION,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"seed\":%d,\"max_tokens\":%d}"
                .formatted(words, SEED, MAX_TOKENS));
    BusTurn turn =
        new BusTurn(
            request,
            sent,
            text -> {
              out.print(text);
              out.flush();
            });
    client.read(SESSION, PATIENCE, turn::take);
    out.println();
    return turn;
  }

  private static int[][] alone(Model model) {
    try (EngineAlone engine = new EngineAlone(model)) {
      return WORDS.stream()
          .map(words -> engine.turn(words, SEED, MAX_TOKENS))
          .toArray(int[][]::new);
    }
  }

  private static int report(List<BusTurn> turns, int[][] alone, Model model, PrintWriter out) {
    BusTurn first = turns.get(0);
    BusTurn second = turns.get(1);
    int before = first.promptTokens() + first.tokens().length;
    String read = TokenDigest.of(first.tokens(), second.tokens());
    String drawn = TokenDigest.of(alone);
    out.println();
    for (int i = 0; i < turns.size(); i++) {
      BusTurn turn = turns.get(i);
      Place request = turn.request();
      out.printf(
          "turn %d   request in %s, partition %d, offset %d%n",
          i, request.topic(), request.partition(), request.offset());
      out.printf("         %d tokens in %s%n", turn.tokens().length, turn.place());
      out.printf(
          "         first token after %.0f ms, %.0f tokens/s (as committed and read)%n",
          turn.firstTokenMillis(), turn.tokensPerSecond());
    }
    out.printf(
        "memory   %,d bytes of state, whatever the length; turn 1 read %d new tokens, not the %d before them%n",
        model.rwkv().stateLayout().bytes(), second.promptTokens(), before);
    out.printf("sha256   %s  tokens consumed from the topic%n", read);
    out.printf("sha256   %s  engine alone (%s, %s)%n", drawn, model.name(), model.rwkv().backend());
    out.flush();
    if (!read.equals(drawn)) {
      throw new CommandFailure("the tokens on the bus differ from those of the engine alone");
    }
    return 0;
  }
}
