package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.skein.proto.TokenEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The terminal chat, spoken to through a pipe. */
@ExtendWith(SharedUp.class)
class ChatTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path folder;

  @Test
  void talksToARunningRouterAndASessionGoesOn(UpProcess up) throws IOException {
    SkeinCommand.Result first =
        chat("What do bears eat?\n\nWhat is Skein?\n", "--url", up.api(), "--session", "pipe");
    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(first.err()).isEmpty();
    assertThat(first.out().lines()).hasSizeGreaterThanOrEqualTo(2);
    SkeinCommand.Result second =
        chat("Hello!\n/quit\nnever said\n", "--url", up.api(), "--session", "pipe");
    assertThat(second.out()).isNotBlank();
    try (Bus bus = new Bus(up)) {
      assertThat(bus.readUntil(Bus.TOKENS, true, PATIENCE, r -> Bus.isOf("pipe", r) && ended(r, 2)))
          .isNotEmpty();
    }
  }

  @Test
  void startsEverythingWhereNoRouterIs() throws IOException {
    SkeinCommand.Result result = chat("Hello!\n");
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).isNotBlank();
  }

  @Test
  void refusesAnAddressThatIsNone() throws IOException {
    SkeinCommand.Result result = chat("Hello!\n", "--url", "localhost");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.errLines()).singleElement().asString().contains("http://");
  }

  private static boolean ended(ConsumerRecord<byte[], byte[]> record, int turn) {
    try {
      TokenEvent event = TokenEvent.parseFrom(record.value());
      return event.hasEnd() && event.getTurn() == turn;
    } catch (InvalidProtocolBufferException e) {
      return false; // JSON of another test
    }
  }

  private SkeinCommand.Result chat(String typed, String... options) throws IOException {
    Path input = Files.writeString(folder.resolve("typed"), typed);
    List<String> line = new ArrayList<>(List.of("sh", "-c", "\"$@\" <" + input, "sh"));
    line.add(Checkout.root().resolve("skein").toString());
    line.add("chat");
    line.addAll(List.of(options));
    ProcessBuilder shell = new ProcessBuilder(line);
    shell.environment().put("SKEIN_BUILD", "never");
    return SkeinCommand.run(PATIENCE, shell);
  }
}
