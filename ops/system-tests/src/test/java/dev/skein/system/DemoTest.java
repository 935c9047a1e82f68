package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the first commands of a newcomer print. */
class DemoTest {
  @Test
  void showsTheJourneyAndTheSameDigestTwice() {
    SkeinCommand.Result demo = SkeinCommand.run(Duration.ofSeconds(90), "demo");
    assertThat(demo.exitCode()).as(demo.err()).isZero();
    assertThat(demo.out())
        .contains("read_committed")
        .containsPattern("request in skein\\.main\\.requests, partition \\d+, offset \\d+")
        .containsPattern(
            "\\d+ tokens in skein\\.main\\.tokens, partition \\d+, offsets \\d+\\.\\.\\d+")
        .containsPattern("first token after \\d+ ms, \\d+ tokens/s")
        .containsPattern("[\\d,]+ bytes of state")
        .containsPattern("turn 1 read \\d+ new tokens, not the \\d+ before them");
    Matcher digests = Pattern.compile("sha256 +([0-9a-f]{64})").matcher(demo.out());
    List<String> found = digests.results().map(r -> r.group(1)).toList();
    assertThat(found).hasSize(2);
    assertThat(found.get(0)).isEqualTo(found.get(1));
    assertThat(demo.errLines())
        .containsExactly("no --model given: using skein-demo-9m, a toy story-teller");
  }

  @Test
  void aStoryGoesOnWhenItsWorkerIsKilled() {
    SkeinCommand.Result demo = SkeinCommand.run(Duration.ofMinutes(2), "demo", "failover");
    assertThat(demo.exitCode()).as(demo.out() + demo.err()).isZero();
    assertThat(demo.out())
        .containsPattern("token 200: kill -9 \\d+ \\(worker-\\d, exit code 137\\)")
        .containsPattern("gap +[\\d,]+ ms without a token")
        .containsPattern("re-run +[1-9]\\d* tokens were in the log already")
        .contains("the engine alone writes the same text");
  }
}
