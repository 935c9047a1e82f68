package dev.skein.system;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedUp.class)
class BackgroundThreadsTest {

  @Test
  void allThreadsOfTheBusAreInTheBackground(UpProcess up) throws IOException {
    BackgroundThreads.check(up.pid(), "data-plane-kafk", "skein-pekko", "shard-", "kafka-producer");
  }
}
