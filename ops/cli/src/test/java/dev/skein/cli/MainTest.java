package dev.skein.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void anUnknownOptionIsOneLineWithTheNearestKnownOneAndExitCode2() {
    assertThat(run("--verison")).isEqualTo(2);
    assertThat(err.toString().lines())
        .containsExactly(
            "skein: unknown option '--verison' (did you mean --version?). Try 'skein --help'.");
  }

  @Test
  void anUnknownCommandIsOneLineAndExitCode2() {
    assertThat(run("hlep")).isEqualTo(2);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("skein: unknown command 'hlep'");
  }

  @Test
  void helpAndVersionGoToStandardOutput() {
    assertThat(run("--help")).isZero();
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).contains("Usage: skein").contains("skein 0.");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aFailureIsOneLineWithoutAStackTrace() {
    assertThat(run("failing")).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("skein: the goose has flown" + System.lineSeparator());
  }

  @Test
  void debugShowsTheStackTrace() {
    assertThat(run("failing", "--debug")).isEqualTo(1);
    assertThat(err.toString()).contains("CommandFailure: the goose has flown").contains("\tat ");
  }

  @Test
  void aCommandIsMadeAloneAndUnderTheNameThatItsClassGivesIt() {
    Set<String> all = Main.commandLine(List.of("--help")).getSubcommands().keySet();
    assertThat(all).hasSizeGreaterThan(15).contains("help");
    for (String name : all) {
      if (!name.equals("help")) {
        assertThat(Main.commandLine(List.of(name, "--help")).getSubcommands().keySet())
            .containsExactly(name);
      }
    }
  }

  private int run(String... args) {
    CommandLine line = Main.commandLine(List.of(args));
    line.addSubcommand(new Failing());
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    return line.execute(args);
  }

  @Command(name = "failing")
  static final class Failing implements Runnable {
    @Override
    public void run() {
      throw new CommandFailure("the goose has flown\nand left a second line");
    }
  }
}
