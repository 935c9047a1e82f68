package dev.skein.bench.machine;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The speed at which a step would run if reading and writing memory were all it did: {@code bytes =
 * weights + 2 · sessions · state}, each weight read once, each state read and written.
 *
 * @param weightBytes that a step reads
 * @param sessions whose states it reads and writes
 * @param stateBytes of one of them
 * @param readBytesPerSecond measured, see {@link ReadBandwidth}
 */
public record Roofline(long weightBytes, int sessions, long stateBytes, double readBytesPerSecond) {

  /** Bytes that one step moves. */
  public long bytesPerStep() {
    return bytesPerStep(weightBytes, sessions, stateBytes);
  }

  /** {@code weights + 2 · sessions · state}. */
  public static long bytesPerStep(long weightBytes, int sessions, long stateBytes) {
    return weightBytes + 2L * sessions * stateBytes;
  }

  /** Steps a second that the memory allows. */
  public double stepsPerSecond() {
    return readBytesPerSecond / bytesPerStep();
  }

  /** What part of that was reached. */
  public double reached(double measuredStepsPerSecond) {
    return measuredStepsPerSecond / stepsPerSecond();
  }

  /** Writes the ceiling and what was reached of it into a figure's line. */
  public void addTo(ObjectNode line, double measuredStepsPerSecond) {
    ObjectNode roofline = line.putObject("roofline");
    roofline.put("bytes_per_step", bytesPerStep());
    roofline.put("read_gb_s", Math.rint(readBytesPerSecond / 1e7) / 100);
    roofline.put("steps_s", Math.rint(10 * stepsPerSecond()) / 10);
    roofline.put("reached_percent", Math.rint(1000 * reached(measuredStepsPerSecond)) / 10);
  }
}
