package dev.skein.cli.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class TimerSlackTest {
  @Test
  void threadsKeepTheSlackUnderWhichTheyWereStarted() {
    long before = ownSlack();
    CompletableFuture<Long> within = new CompletableFuture<>();
    TimerSlack.inherited(
        Duration.ofMillis(7), () -> Thread.ofPlatform().start(() -> within.complete(ownSlack())));
    assertThat(within.join()).isEqualTo(7_000_000);
    assertThat(ownSlack()).isEqualTo(before).isNotEqualTo(7_000_000);
  }

  private static long ownSlack() {
    try {
      return Long.parseLong(Files.readString(TimerSlack.ofThisThread()).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
