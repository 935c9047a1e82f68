package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher's script in a checkout of straw: JDKs and Maven are scripts that say how they were
 * called.
 */
class LauncherTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final List<String> TOOLS =
      List.of(
          "sh",
          "dirname",
          "readlink",
          "sed",
          "cat",
          "find",
          "sort",
          "cksum",
          "head",
          "tail",
          "mkdir",
          "rm",
          "mv",
          "date",
          "tee",
          "grep",
          "mktemp",
          "mkfifo",
          "sleep",
          "chmod",
          "id");

  @TempDir Path folder;
  private Path root;
  private Path bin;

  @BeforeEach
  void makeCheckout() throws IOException {
    root = folder.resolve("checkout");
    bin = Files.createDirectories(folder.resolve("bin"));
    for (String house :
        List.of("proto", "state-store", "worker", "router", "ops/bench", "ops/cli/src/main")) {
      Files.createDirectories(root.resolve(house));
    }
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    Files.writeString(root.resolve("ops/cli/src/main/Main.java"), "class Main {}");
    String script =
        Checkout.read(Path.of("skein"))
            .replace("/usr/lib/jvm", folder + "/jvm")
            .replace("/opt/*", folder + "/opt/*")
            .replace("/usr/libexec", folder + "/libexec")
            .replace("/Library/", folder + "/Library/");
    script(root.resolve("skein"), script);
    for (String tool : TOOLS) {
      provide(tool);
    }
  }

  @Test
  void explainsWhatItFoundWhereNoJdkFits() throws IOException {
    jdk("jvm/java-17", "17.0.15", true);
    jdk("jvm/jre-25", "25.0.1", false);
    SkeinCommand.Result result = run();
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .contains("needs a JDK 25 or newer; found only:")
        .contains("java-17: version 17")
        .contains("jre-25: version 25, but a runtime without a compiler")
        .contains("SKEIN_JAVA_HOME");
  }

  @Test
  void findsTheRightJdkAmongOthersAndGivesItToMaven() throws IOException {
    jdk("jvm/java-17", "17.0.15", true);
    Path right = jdk("jvm/temurin-25", "25.0.3", true);
    Files.createSymbolicLink(bin.resolve("java"), folder.resolve("jvm/java-17/bin/java"));
    maven(0);
    SkeinCommand.Result result = run("hello", "two words");
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("java of " + right).contains("[hello][two words]");
    assertThat(calls()).containsExactly("maven with JAVA_HOME=" + right);
  }

  @Test
  void buildsAgainOnlyWhenSourcesChanged() throws IOException {
    jdk("jvm/temurin-25", "25.0.3", true);
    maven(0);
    run();
    run();
    assertThat(calls()).hasSize(1);
    Path source = root.resolve("ops/cli/src/main/More.java");
    Files.writeString(source, "class More {}");
    run();
    run();
    assertThat(calls()).as("after a new file").hasSize(2);
    Files.delete(source);
    run();
    run();
    assertThat(calls()).as("after a deleted file").hasSize(3);
  }

  @Test
  void twoAtOnceBuildOnce() throws Exception {
    jdk("jvm/temurin-25", "25.0.3", true);
    maven(0);
    List<Process> both = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      both.add(
          builder()
              .redirectOutput(folder.resolve("out" + i).toFile())
              .redirectError(folder.resolve("err" + i).toFile())
              .start());
    }
    for (Process process : both) {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    }
    assertThat(calls()).hasSize(1);
  }

  @Test
  void takesOverTheLockOfADeadBuild() throws IOException {
    jdk("jvm/temurin-25", "25.0.3", true);
    maven(0);
    Path lock = Files.createDirectories(root.resolve("ops/cli/target/build.lock"));
    Files.writeString(lock.resolve("pid"), "999999999");
    assertThat(run().exitCode()).isZero();
    assertThat(calls()).hasSize(1);
  }

  @Test
  void showsTheEndOfTheLogOfAFailedBuild() throws IOException {
    jdk("jvm/temurin-25", "25.0.3", true);
    maven(1);
    SkeinCommand.Result result = run();
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .contains("[ERROR] the reason")
        .contains("the build failed; the whole log is in");
    assertThat(result.out()).isEmpty();
  }

  @Test
  void saysHowToGetMavenOnlyWhereItIsNeeded() throws IOException {
    jdk("jvm/temurin-25", "25.0.3", true);
    SkeinCommand.Result result = run();
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .contains("needs Maven")
        .contains("apt install maven");
    maven(0);
    run();
    Files.delete(bin.resolve("mvn"));
    assertThat(run().exitCode()).as("built already").isZero();
  }

  @Test
  void hidesTheIncubatorWarningAndNothingElse() throws IOException {
    jdk("jvm/temurin-25", "25.0.3", true);
    maven(0);
    run();
    SkeinCommand.Result result = run("slow"); // what the filter passes may come after the end
    assertThat(result.err().lines()).containsExactly("a real warning");
  }

  private SkeinCommand.Result run(String... arguments) {
    return SkeinCommand.run(PATIENCE, builder(arguments));
  }

  private ProcessBuilder builder(String... arguments) {
    List<String> line = new ArrayList<>(List.of(root.resolve("skein").toString()));
    line.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("HOME", folder.toString());
    return builder;
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(folder.resolve("calls"));
  }

  private Path jdk(String name, String version, boolean compiler) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    script(
        home.resolve("bin/java"),
        """
        #!/bin/sh
        echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
        echo 'a real warning' >&2
        while [ $# -gt 0 ] && [ "$1" != dev.skein.cli.Main ]; do shift; done
        shift
        echo "java of %s"
        for a in "$@"; do printf '[%%s]' "$a"; done
        [ "${1:-}" != slow ] || sleep 1
        """
            .formatted(home));
    if (compiler) {
      script(home.resolve("bin/javac"), "#!/bin/sh\n");
    }
    return home;
  }

  private void maven(int exitCode) throws IOException {
    script(
        bin.resolve("mvn"),
        """
        #!/bin/sh
        echo "maven with JAVA_HOME=$JAVA_HOME" >>%s/calls
        echo '[INFO] Building skein-cli 0.1.0 [1/1]'
        sleep 1
        mkdir -p %s/ops/cli/target/app/lib
        [ %d = 0 ] || echo '[ERROR] the reason'
        exit %d
        """
            .formatted(folder, root, exitCode, exitCode));
  }

  private void provide(String tool) throws IOException {
    for (String place : List.of("/bin/", "/usr/bin/")) {
      Path real = Path.of(place + tool);
      if (Files.isExecutable(real)) {
        // not a link: the test library warns of each one that leads out of its folder
        script(bin.resolve(tool), "#!/bin/sh\nexec " + real + " \"$@\"\n");
        return;
      }
    }
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
