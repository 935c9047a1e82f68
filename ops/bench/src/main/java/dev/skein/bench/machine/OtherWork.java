package dev.skein.bench.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much of the processors others used while something was measured: a figure taken beside a busy
 * process says little. Zero where the system does not tell.
 */
public final class OtherWork {
  private static final double TICKS_PER_SECOND = 100;

  private double used;
  private double wall;
  private double usedAtStart;
  private long wallAtStart;

  /** A measurement begins. */
  public void begin() {
    usedAtStart = ofOthers();
    wallAtStart = System.nanoTime();
  }

  /** And ends. */
  public void end() {
    wall += (System.nanoTime() - wallAtStart) / 1e9;
    used += ofOthers() - usedAtStart;
  }

  /** Seconds of processors that others used, a second measured. */
  public double share() {
    return wall == 0 ? 0 : Math.max(0, used / wall);
  }

  private static double ofOthers() {
    try {
      String[] all = Files.readString(Path.of("/proc/stat")).split("\n", 2)[0].trim().split(" +");
      double sum = 0;
      for (int i = 1; i <= 8; i++) {
        sum += i == 4 || i == 5 ? 0 : Double.parseDouble(all[i]); // idle, waiting for a disk
      }
      String own = Files.readString(Path.of("/proc/self/stat"));
      String[] fields = own.substring(own.lastIndexOf(')') + 2).split(" ");
      return (sum - Double.parseDouble(fields[11]) - Double.parseDouble(fields[12]))
          / TICKS_PER_SECOND;
    } catch (IOException | RuntimeException e) { // not a Linux: the figure does without
      return 0;
    }
  }
}
