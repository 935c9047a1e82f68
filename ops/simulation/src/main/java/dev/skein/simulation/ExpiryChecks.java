package dev.skein.simulation;

import dev.skein.proto.Manifest;
import java.util.HashMap;
import java.util.Map;

/** Whether a session ends by age only where nobody had used it, and in the end every one does. */
final class ExpiryChecks {

  private final World world;
  private final Oracle oracle;
  private final Map<String, Long> usedMs = new HashMap<>();

  ExpiryChecks(World world, Oracle oracle) {
    this.world = world;
    this.oracle = oracle;
  }

  /** A turn or an operation of the session was done, whose request was logged then. */
  void used(String session, long logTimeMs) {
    usedMs.put(session, logTimeMs);
  }

  /** The session's manifest was committed, behind everything that was said of it. */
  void written(String session, Manifest manifest) {
    if (!manifest.getDeleted() || !oracle.lineage().exists(session)) {
      return;
    }
    BrokenPromise.unless(
        world.sweep().proposed(session, usedMs.getOrDefault(session, Long.MIN_VALUE)),
        "%s is gone, and nobody asked for it since it was used",
        session);
    oracle.deleted(session);
  }

  /** Nothing is remembered of the session any more. */
  void forgotten(String session) {
    BrokenPromise.unless(
        !oracle.lineage().exists(session),
        "the manifest of %s is gone, but the session is not",
        session);
  }

  /** Everything was too old, and an owner was told so. */
  void everythingWasOld(Map<String, Manifest> left) {
    BrokenPromise.unless(left.isEmpty(), "liveness: %s are too old and do not end", left.keySet());
  }
}
