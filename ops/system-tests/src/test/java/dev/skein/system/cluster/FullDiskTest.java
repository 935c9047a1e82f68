package dev.skein.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk of a broker's log is full: the two others go on, and the broker returns with room. */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class FullDiskTest {
  private static final String SIZE = "160m";

  @TempDir Path folder;

  @Test
  void theOtherBrokersGoOn() throws Exception {
    Path disk = Files.createDirectories(folder.resolve("broker-2"));
    Assumptions.assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", disk.toString()) == 0,
        "a small disk cannot be mounted here: that needs root");
    try (Chaos chaos = Chaos.start(folder, new Cluster.Shape(3, 2, 1, 5), 8, 200)) {
      Flock flock = chaos.flock();
      flock.runUntil("streams", Duration.ofMinutes(2), () -> flock.heard().size() > 2);
      List<String> streams = flock.heard();
      Node broker = chaos.cluster().brokers().get(1);
      long sinceMs = System.currentTimeMillis();
      Path filler = disk.resolve("filler");
      fill(filler);
      flock.runUntil(
          "the broker has ended for want of room, and the streams go on",
          Duration.ofMinutes(3),
          () -> {
            fill(filler);
            return !broker.isAlive()
                && streams.stream().allMatch(stream -> flock.goesOn(stream, sinceMs));
          });
      System.out.printf(
          "disk full: longest wait of a client %d ms%n", flock.gapMs(streams, sinceMs));
      assertThat(chaos.cluster().brokers()).filteredOn(Node::isAlive).hasSize(2);
      Files.delete(filler);
      chaos.cluster().replaceDead();
      chaos.mend();
      chaos.land();
    } finally {
      run("umount", "-l", disk.toString());
    }
  }

  /** Takes what room there is. */
  private static void fill(Path file) {
    byte[] zeros = new byte[4096];
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (true) {
        out.write(zeros);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space");
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
  }
}
