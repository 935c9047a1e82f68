package dev.skein.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The files of the checkout that is tested. */
public final class Checkout {
  private static final Set<String> NOT_OURS =
      Set.of("target", ".git", ".idea", ".vscode", ".skein");

  private Checkout() {}

  public static Path root() {
    String home = System.getProperty("skein.home");
    if (home == null) {
      throw new IllegalStateException("the system property skein.home must name the checkout");
    }
    return Path.of(home);
  }

  /** Every file that somebody wrote, as paths below the root. */
  static List<Path> files() {
    List<Path> files = new ArrayList<>();
    Path root = root();
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
              Path name = folder.getFileName();
              return name != null && NOT_OURS.contains(name.toString())
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              files.add(root.relativize(file));
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    files.sort(null);
    return files;
  }

  static List<Path> javaFiles() {
    return files().stream().filter(f -> f.toString().endsWith(".java")).toList();
  }

  /** Java files of the product itself, without tests. */
  static List<Path> mainJavaFiles() {
    return javaFiles().stream().filter(f -> f.toString().contains("src/main/java/")).toList();
  }

  static String read(Path file) {
    try {
      return Files.readString(root().resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
  }
}
