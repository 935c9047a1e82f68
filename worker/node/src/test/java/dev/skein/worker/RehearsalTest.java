package dev.skein.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a worker runs through before it serves. */
@Timeout(60)
class RehearsalTest {

  @Test
  void aTurnIsGivenToAnotherOwnerInItsMiddleAndEndsThere() throws Exception {
    Path demo = Path.of(System.getProperty("skein.home"), "ops/models/skein-demo-9m");
    try (Model model = Model.open(demo, Model.Options.defaults(), LoadProgress.NONE)) {
      assertThat(Rehearsal.of(model, Duration.ofSeconds(30))).isTrue();
    }
  }
}
