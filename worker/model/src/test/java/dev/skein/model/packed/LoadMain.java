package dev.skein.model.packed;

import dev.skein.model.LoadProgress;
import dev.skein.model.Model;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loads a model in a JVM of its own and answers with its weights' bytes and the peak memory. */
public final class LoadMain {
  private LoadMain() {}

  public static void main(String[] args) throws Exception {
    try (Model model = Model.open(Path.of(args[0]), Model.Options.defaults(), LoadProgress.NONE)) {
      System.out.println(model.rwkv().weightBytes() + " " + peakResidentBytes());
    }
  }

  private static long peakResidentBytes() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return -1;
  }
}
