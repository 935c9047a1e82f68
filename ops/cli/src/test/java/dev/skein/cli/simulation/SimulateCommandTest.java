package dev.skein.cli.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SimulateCommandTest {

  private final StringWriter out = new StringWriter();
  private String failure = "";

  private int run(String... arguments) {
    return new CommandLine(new SimulateCommand())
        .setOut(new PrintWriter(out, true))
        .setExecutionExceptionHandler((e, line, parsed) -> {
          failure = String.valueOf(e.getMessage());
          return 1;
        })
        .execute(arguments);
  }

  @Test
  void aLifeIsToldLineByLine() {
    assertThat(run("--seed", "7")).isZero();
    assertThat(out.toString())
        .startsWith("seed 7: ")
        .contains("takes over in epoch 1", "commits")
        .contains("every promise held: lives=1");
  }

  @Test
  void aPlantedFaultIsFoundAndNamed() {
    assertThat(run("--seed", "1", "--lives", "20", "--plant", "SKIP_TAIL_READ")).isEqualTo(1);
    assertThat(failure).startsWith("seed ").contains("each token once");
  }
}
