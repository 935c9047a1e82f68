package dev.skein.system.cluster;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** How long clients waited, by kind of fault: of each fault the client that waited longest. */
final class Gaps {
  private final Map<Fault, List<Long>> gaps = new EnumMap<>(Fault.class);

  void add(Fault fault, long gapMs) {
    gaps.computeIfAbsent(fault, kind -> new ArrayList<>()).add(gapMs);
  }

  int count(Fault fault) {
    return gaps.getOrDefault(fault, List.of()).size();
  }

  /** The smallest wait that a part of the waits does not exceed. */
  long quantileMs(Fault fault, double part) {
    List<Long> sorted = new ArrayList<>(gaps.getOrDefault(fault, List.of(0L)));
    Collections.sort(sorted);
    return sorted.get((int) Math.ceil(part * sorted.size()) - 1);
  }

  long maxMs(Fault fault) {
    return quantileMs(fault, 1);
  }

  @Override
  public String toString() {
    StringBuilder table = new StringBuilder("gap at the client, ms\n");
    gaps.forEach((fault, all) ->
        table.append(
            "%-20s n %3d   p50 %6d   max %6d   %s%n"
                .formatted(fault, all.size(), quantileMs(fault, 0.5), maxMs(fault), all)));
    return table.toString();
  }
}
