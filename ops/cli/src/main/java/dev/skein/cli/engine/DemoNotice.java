package dev.skein.cli.engine;

import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** Runs the command, and says after its success if it had to choose a model by itself. */
public final class DemoNotice implements IExecutionStrategy {
  @Override
  public int execute(ParseResult parsed) {
    int code = new CommandLine.RunLast().execute(parsed);
    if (code == ExitCode.OK) {
      CommandSpec spec = last(parsed).commandSpec();
      modelOptions(spec).forEach(options -> options.mentionDemo(spec.commandLine().getErr()));
    }
    return code;
  }

  private static ParseResult last(ParseResult parsed) {
    return parsed.hasSubcommand() ? last(parsed.subcommand()) : parsed;
  }

  private static Stream<ModelOptions> modelOptions(CommandSpec spec) {
    return spec.mixins().values().stream()
        .flatMap(mixin ->
            mixin.userObject() instanceof ModelOptions options
                ? Stream.of(options)
                : modelOptions(mixin));
  }
}
