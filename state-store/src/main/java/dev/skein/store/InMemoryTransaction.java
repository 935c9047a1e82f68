package dev.skein.store;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A transaction of an {@link InMemoryCluster}: what became of it, and the partitions that get its
 * marker.
 */
final class InMemoryTransaction {

  enum Outcome {
    OPEN,
    COMMITTED,
    ABORTED
  }

  private final Set<InMemoryPartition> touched = new LinkedHashSet<>();
  private Outcome outcome = Outcome.OPEN;

  /** Of records that were appended without one. */
  static InMemoryTransaction done() {
    InMemoryTransaction done = new InMemoryTransaction();
    done.outcome = Outcome.COMMITTED;
    return done;
  }

  Outcome outcome() {
    return outcome;
  }

  void touch(InMemoryPartition partition) {
    touched.add(partition);
  }

  void end(Outcome next) {
    outcome = next;
    touched.forEach(InMemoryPartition::appendMarker);
  }
}
