package dev.skein.model.file;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where tests find data: the project's own resources, and the shared test data, which may be
 * absent.
 */
public final class TestFolders {
  private TestFolders() {}

  /** A folder of src/test/resources. */
  public static Path resources(String name) {
    return root().resolve("worker/model/src/test/resources").resolve(name);
  }

  /** The demo model of the project. */
  public static Path demoModel() {
    return root().resolve("ops/models/skein-demo-9m");
  }

  /** A piece of the shared test data; the test is skipped, visibly, where it is absent. */
  public static Path shared(String name) {
    String set = System.getProperty("SKEIN_TESTDATA", System.getenv("SKEIN_TESTDATA"));
    Path folder = set != null ? Path.of(set) : root().resolve("../shared/testdata");
    Path wanted = folder.resolve(name);
    assumeTrue(
        Files.exists(wanted),
        () -> wanted.normalize() + " is absent: set SKEIN_TESTDATA to run this");
    return wanted;
  }

  private static Path root() {
    return Path.of(System.getProperty("skein.home", "../.."));
  }
}
