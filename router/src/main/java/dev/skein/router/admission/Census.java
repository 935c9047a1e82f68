package dev.skein.router.admission;

/** What is stored of sessions, as far as this router has read. */
public interface Census {
  /** Nobody counts. */
  Census NOBODY =
      new Census() {
        @Override
        public boolean knows(String pool, String session) {
          return true;
        }

        @Override
        public long sessions(String prefix) {
          return 0;
        }

        @Override
        public long stateBytes(String prefix) {
          return 0;
        }
      };

  /** Whether a pool has a session of this name on the bus. */
  boolean knows(String pool, String session);

  /** How many sessions, of all pools, have names that begin so. */
  long sessions(String prefix);

  /** Bytes of the newest snapshots of the sessions whose names begin so. */
  long stateBytes(String prefix);
}
