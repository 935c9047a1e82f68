package dev.skein.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The rules of the house that a machine can check. */
class TidyTest {
  private static final int LINES_MAX = 400;
  private static final int KERNEL_LINES_MAX = 600;
  private static final long BYTES_MAX = 20L << 20;
  private static final int PARAGRAPH_MIN = 80;

  private static final Pattern TYPE =
      Pattern.compile("\\b(?:class|record|interface|enum)\\s+([A-Z]\\w*)");
  private static final Pattern VAGUE_NAME =
      Pattern.compile("(Manager|Helper|Utils?|Impl|Abstract|Base)(?=[A-Z]|$)");
  private static final Pattern TOP_LEVEL =
      Pattern.compile(
          "pom\\.xml|README\\.md|LICENSE|NOTICE|HACKING\\.md|skein|proto|worker|router|state-store|ops|\\..*");
  private static final Pattern FOREIGN_PLACE =
      Pattern.compile(
          "(?<![\\w.])/(?:work|farm|home/\\w+|Users/\\w+|root)/[a-z.]"
              + "|/tmp/(?:h|lab|studio)/"
              + "|https?://[a-z0-9.]*(?:registry|repo1?|mirror)\\.[a-z0-9.-]+");

  /**
   * Shells may look at the clock, and so may the worker's assembly; cores get the time as an
   * argument.
   */
  private static final Pattern SHELL =
      Pattern.compile(
          "^ops/|/kafka/|/cluster/|/http/|/delivery/|^router/|/dev/skein/worker/[A-Z]\\w*\\.java$");

  @Test
  void filesAreSmall() {
    assertThat(
            offenders(
                Checkout.javaFiles(),
                f -> lines(f) > (f.startsWith("worker/kernels") ? KERNEL_LINES_MAX : LINES_MAX)))
        .as("Java files longer than %d lines (kernels %d)", LINES_MAX, KERNEL_LINES_MAX)
        .isEmpty();
  }

  @Test
  void namesSayWhatAThingIs() {
    assertThat(
            offenders(
                Checkout.javaFiles(),
                f ->
                    TYPE.matcher(Checkout.read(f))
                        .results()
                        .anyMatch(m -> VAGUE_NAME.matcher(m.group(1)).find())))
        .as("files with types named Manager, Helper, Util, Impl, Abstract or Base")
        .isEmpty();
  }

  @Test
  void onlyTheCommandLinePrints() {
    assertThat(containing("\\bSystem\\.(out|err)\\b", f -> !f.startsWith("ops"))).isEmpty();
  }

  @Test
  void nobodySleeps() {
    assertThat(containing("\\bThread\\.sleep\\b", f -> true)).isEmpty();
  }

  @Test
  void nothingIsLeftToDo() {
    assertThat(
            containing(
                "\\b(TODO|FIXME|XXX)\\b|[Nn]ot (yet )?implemented|new UnsupportedOperationException\\(\\)",
                f -> true))
        .isEmpty();
  }

  @Test
  void coresKnowNeitherClockNorChance() {
    assertThat(
            containing("\\bnew (Secure)?Random\\b|ThreadLocalRandom|Math\\.random", f -> !shell(f)))
        .isEmpty();
    assertThat(containing("System\\.currentTimeMillis|\\.now\\(\\)|Clock\\.system", f -> !shell(f)))
        .isEmpty();
  }

  @Test
  void noTestIsSwitchedOff() {
    Pattern off = Pattern.compile("@Disabled\\b|assertTrue\\(true\\)");
    assertThat(
            offenders(
                Checkout.javaFiles(),
                f -> !f.endsWith("TidyTest.java") && off.matcher(Checkout.read(f)).find()))
        .isEmpty();
  }

  @Test
  void everyPackageHasAParagraph() {
    Set<Path> folders =
        Checkout.mainJavaFiles().stream()
            .filter(f -> !f.endsWith("module-info.java"))
            .map(Path::getParent)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(folders).isNotEmpty();
    assertThat(offenders(List.copyOf(folders), f -> !explained(f.resolve("package-info.java"))))
        .as("packages without a paragraph and @NullMarked in package-info.java")
        .isEmpty();
  }

  @Test
  void topLevelHoldsTheHousesAndNothingElse() {
    Set<String> top =
        Checkout.files().stream().map(f -> f.getName(0).toString()).collect(Collectors.toSet());
    assertThat(top).allMatch(name -> TOP_LEVEL.matcher(name).matches());
  }

  @Test
  void noFileIsBigAndNoneIsBinaryButModelsAndTestData() throws IOException {
    List<Path> big = new ArrayList<>();
    List<Path> binary = new ArrayList<>();
    for (Path file : Checkout.files()) {
      if (Files.size(Checkout.root().resolve(file)) > BYTES_MAX) {
        big.add(file);
      }
      if (binary(file)
          && !file.startsWith("ops/models")
          && !file.toString().contains("src/test/resources/")) {
        binary.add(file);
      }
    }
    assertThat(big).as("files over 20 MB").isEmpty();
    assertThat(binary).as("binary files").isEmpty();
  }

  @Test
  void nothingNamesAPlaceOfOneMachine() throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path file : Checkout.files()) {
      if (!binary(file)
          && !file.endsWith("TidyTest.java")
          && FOREIGN_PLACE.matcher(Checkout.read(file)).find()) {
        found.add(file);
      }
    }
    assertThat(found).isEmpty();
  }

  private static boolean explained(Path info) {
    if (!Files.exists(Checkout.root().resolve(info))) {
      return false;
    }
    String text = Checkout.read(info);
    int end = text.indexOf("*/");
    return text.startsWith("/**")
        && end > PARAGRAPH_MIN
        && text.contains("@NullMarked")
        && !text.contains("Placeholder");
  }

  private static boolean shell(Path file) {
    return SHELL.matcher(file.toString()).find();
  }

  private static long lines(Path file) {
    return Checkout.read(file).lines().count();
  }

  private static List<Path> containing(String regex, Predicate<Path> where) {
    Pattern pattern = Pattern.compile(regex);
    return offenders(
        Checkout.mainJavaFiles(), f -> where.test(f) && pattern.matcher(withoutComments(f)).find());
  }

  /** Examples in a comment may print. */
  private static String withoutComments(Path file) {
    return Checkout.read(file)
        .lines()
        .filter(line -> !line.strip().matches("(\\*|//|/\\*).*"))
        .collect(Collectors.joining("\n"));
  }

  private static List<Path> offenders(List<Path> files, Predicate<Path> bad) {
    assertThat(files).as("files to look at").isNotEmpty();
    return files.stream().filter(bad).toList();
  }

  private static boolean binary(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(Checkout.root().resolve(file))) {
      byte[] head = in.readNBytes(8192);
      for (byte b : head) {
        if (b == 0) {
          return true;
        }
      }
      return false;
    }
  }
}
