package dev.skein.bench.machine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * On what a figure was measured.
 *
 * @param commit of the checkout, with "+" where files differ from it; "unknown" outside of one
 * @param machine processors, their name and what they have for matrices, and the JDK
 */
public record Circumstances(String commit, String machine) {
  private static final List<String> EXTENSIONS =
      List.of("amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2", "i8mm", "asimddp");

  /**
   * Asks git and the system.
   *
   * @param home root of the checkout
   */
  public static Circumstances of(Path home) {
    return new Circumstances(commitOf(home), thisMachine());
  }

  /** Into a figure's line. */
  public void addTo(ObjectNode line) {
    line.put("commit", commit);
    line.put("machine", machine);
  }

  private static String commitOf(Path home) {
    String hash = git(home, "rev-parse", "--short=10", "HEAD");
    if (hash.isEmpty()) {
      return "unknown";
    }
    return hash + (git(home, "status", "--porcelain", "-uno").isEmpty() ? "" : "+");
  }

  private static String git(Path home, String... arguments) {
    List<String> command =
        Stream.concat(Stream.of("git", "-C", home.toString()), Stream.of(arguments)).toList();
    try {
      Process git =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0 ? said : "";
    } catch (IOException e) {
      return ""; // no git: the figure says so
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private static String thisMachine() {
    String name = System.getProperty("os.arch");
    String has = "";
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        String value = line.substring(line.indexOf(':') + 1).strip();
        if (line.startsWith("model name")) {
          name = value;
        } else if (line.startsWith("flags") || line.startsWith("Features")) {
          List<String> flags = List.of(value.split(" "));
          has = String.join(" ", EXTENSIONS.stream().filter(flags::contains).toList());
        }
      }
    } catch (IOException e) {
      has = ""; // not a Linux
    }
    return "%d x %s%s, %s, Java %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            name,
            has.isEmpty() ? "" : " (" + has + ")",
            System.getProperty("os.name"),
            Runtime.version());
  }
}
