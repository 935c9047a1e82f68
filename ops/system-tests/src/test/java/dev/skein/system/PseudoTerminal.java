package dev.skein.system;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A command at a terminal, as {@code script} of util-linux makes one. */
final class PseudoTerminal implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Pattern CONTROL =
      Pattern.compile("\\e\\[[0-9;?]*[a-zA-Z]|\\e[=>()][0B]?|\\e\\][^\\a]*\\a|[\\r\\a]");

  private final Process process;
  private final OutputStream keys;
  private final Path shown;
  private int seen;

  private PseudoTerminal(Process process, Path shown) {
    this.process = process;
    this.keys = process.getOutputStream();
    this.shown = shown;
  }

  static PseudoTerminal start(Path folder, Map<String, String> environment, String command)
      throws IOException {
    Path shown = Files.createTempFile(folder, "screen", ".txt");
    ProcessBuilder script =
        new ProcessBuilder("script", "-qefc", "stty rows 40 cols 100; " + command, shown.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    script.environment().put("TERM", "xterm");
    script.environment().putAll(environment);
    return new PseudoTerminal(script.start(), shown);
  }

  void type(String text) throws IOException {
    seen = screen().length();
    keys.write(text.getBytes(StandardCharsets.UTF_8));
    keys.flush();
  }

  /** Waits for a text to be shown after what was typed last, and returns all that was. */
  String await(String text) {
    Awaitility.await(text)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> fresh().contains(text) || !process.isAlive());
    String fresh = fresh();
    if (!fresh.contains(text)) {
      throw new AssertionError("the command has ended, and '" + text + "' is not in " + fresh);
    }
    return fresh;
  }

  private String fresh() {
    String all = screen();
    return all.substring(Math.min(seen, all.length()));
  }

  /** What was shown so far, without what moves the cursor. */
  private String screen() {
    return CONTROL.matcher(SkeinCommand.read(shown)).replaceAll("");
  }

  /** The exit code of the command. */
  int end() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the command does not end: " + fresh());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
  }
}
