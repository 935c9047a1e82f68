package dev.skein.system.cluster;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How long clients waited, by what happened. */
final class Gaps {

  /** The same kind of thing that happened several times. */
  private static final class Kind {
    /** Each time the client that waited longest. */
    final List<Long> longest = new ArrayList<>();

    final List<Long> clients = new ArrayList<>();
  }

  private final Map<String, Kind> kinds = new LinkedHashMap<>();

  /** How long each client waited whom it concerned when something happened once. */
  void add(String what, List<Long> waitsMs) {
    Kind kind = kinds.computeIfAbsent(what, name -> new Kind());
    kind.longest.add(waitsMs.stream().mapToLong(Long::longValue).max().orElse(0));
    kind.clients.addAll(waitsMs);
  }

  /** The longest wait after each fault of a kind, in their order. */
  List<Long> longestMs(Fault fault) {
    return List.copyOf(kind(fault).longest);
  }

  int count(Fault fault) {
    return kind(fault).longest.size();
  }

  /** The smallest wait that a part of the faults does not exceed: each with its longest wait. */
  long quantileMs(Fault fault, double part) {
    return quantile(kind(fault).longest, part);
  }

  /** The smallest wait that a part of the clients does not exceed. */
  long clientsMs(Fault fault, double part) {
    return quantile(kind(fault).clients, part);
  }

  long maxMs(Fault fault) {
    return quantileMs(fault, 1);
  }

  private Kind kind(Fault fault) {
    return kinds.getOrDefault(fault.name(), new Kind());
  }

  private static long quantile(List<Long> waits, double part) {
    List<Long> sorted = new ArrayList<>(waits);
    Collections.sort(sorted);
    return sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(part * sorted.size()) - 1);
  }

  @Override
  public String toString() {
    StringBuilder table = new StringBuilder("gap at the client, ms\n");
    kinds.forEach((what, kind) ->
        table.append(
            "%-20s n %3d   p50 %6d   max %6d   %s; of %d clients p50 %d, p99 %d%n"
                .formatted(
                    what,
                    kind.longest.size(),
                    quantile(kind.longest, 0.5),
                    quantile(kind.longest, 1),
                    kind.longest,
                    kind.clients.size(),
                    quantile(kind.clients, 0.5),
                    quantile(kind.clients, 0.99))));
    return table.toString();
  }
}
