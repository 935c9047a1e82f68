package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever goes wrong: one clear line, the right exit code, no stack trace. */
class CommandErrorsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Path DEMO = Path.of("ops/models/skein-demo-9m/model.safetensors");

  @TempDir Path folder;

  @Test
  void aMissingModel() {
    oneLine(
        1,
        "nowhere.pth",
        "generate",
        "--model",
        folder.resolve("nowhere.pth").toString(),
        "--prompt",
        "x");
    oneLine(
        1,
        "nowhere.pth",
        "up",
        "--model",
        folder.resolve("nowhere.pth").toString(),
        "--data",
        folder.toString());
  }

  @Test
  void aTruncatedModel() throws IOException {
    byte[] whole = Files.readAllBytes(Checkout.root().resolve(DEMO));
    Path half =
        Files.write(folder.resolve("half.safetensors"), Arrays.copyOf(whole, whole.length / 2));
    oneLine(1, "half.safetensors", "generate", "--model", half.toString(), "--tokens", "1,2");
  }

  @Test
  void aFileThatIsNoModel() throws IOException {
    Path text = Files.writeString(folder.resolve("novel.pth"), "It was a dark and stormy night.\n");
    oneLine(1, "novel.pth", "generate", "--model", text.toString(), "--tokens", "1,2");
  }

  @Test
  void anUnknownOption() {
    oneLine(2, "--prot", "up", "--prot", "8080");
    oneLine(2, "--kafka-prot", "up", "--kafka-prot", "1");
  }

  @Test
  void anUnknownCommandAndAMissingOne() {
    oneLine(2, "fly", "fly");
    oneLine(2, "command");
  }

  @Test
  void aTakenPort() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      String data = folder.toString();
      oneLine(1, port, "up", "--data", data, "--kafka-port", port, "--port", "0");
      oneLine(1, port, "up", "--data", data, "--kafka-port", "0", "--port", port);
      oneLine(
          1,
          port,
          "up",
          "--data",
          data,
          "--kafka-port",
          "0",
          "--port",
          "0",
          "--ops",
          "127.0.0.1:" + port);
    }
  }

  @Test
  void aDataFolderInUse() {
    try (UpProcess up = UpProcess.start(folder)) {
      assertThat(up.output()).contains("ready");
      oneLine(1, "--data", "up", "--data", folder.toString(), "--kafka-port", "0", "--port", "0");
    }
  }

  @Test
  void aFaultThatShowsOnlyWhenTheModelIsThere() {
    oneLine(1, "nowhere.jsonl", "eval", "nowhere.jsonl");
    SkeinCommand.Result works = SkeinCommand.run(PATIENCE, "score", "--prompt", "Once upon a time");
    assertThat(works.errLines()).singleElement().asString().startsWith("no --model given");
  }

  @Test
  void anAddressOpenToTheWorld() {
    oneLine(1, "loopback", "up", "--data", folder.toString(), "--ops", "0.0.0.0:9464");
  }

  @Test
  void aPoolThatIsNamedTwiceOrWrongly() {
    oneLine(
        1, "named once", "router", "--kafka", "127.0.0.1:1", "--pool", "owls", "--pool", "owls");
    oneLine(1, "lower-case", "router", "--kafka", "127.0.0.1:1", "--pool", "owls,larks");
    String[] worker = {"worker", "--kafka", "127.0.0.1:1", "--pool", "owls=owl=x.pth", "--pool"};
    oneLine(1, "name each pool once", plus(worker, "owls=y.pth"));
    oneLine(1, "Pool larks has no model", plus(worker, "larks"));
    oneLine(1, "--model is for pools", plus(worker, "larks=y.pth", "--model", "z.pth"));
    oneLine(2, "number of shards", plus(worker, "larks=y.pth", "--shards", "many"));
  }

  private static String[] plus(String[] line, String... more) {
    return Stream.of(line, more).flatMap(Arrays::stream).toArray(String[]::new);
  }

  @Test
  void noRouterToChatWith() {
    oneLine(1, "127.0.0.1:1", "chat", "--url", "http://127.0.0.1:1");
  }

  private static void oneLine(int exitCode, String names, String... arguments) {
    SkeinCommand.Result result = SkeinCommand.run(PATIENCE, arguments);
    String what = Arrays.toString(arguments) + " said: " + result.err();
    assertThat(result.exitCode()).as(what).isEqualTo(exitCode);
    assertThat(result.errLines())
        .as(what)
        .singleElement()
        .asString()
        .startsWith("skein: ")
        .contains(names)
        .doesNotContain("Exception");
  }
}
